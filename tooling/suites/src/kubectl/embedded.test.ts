import { ApiServerProcess } from '../apiserver-process.ts';
import { kubectlSuite } from './kubectl-suite.ts';

kubectlSuite('embedded', async () => {
  const server = new ApiServerProcess();
  await server.start();
  return server;
});
