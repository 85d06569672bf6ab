import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createApiServer } from '@kubecast/apiserver';
import { connectionFromKubeconfig } from '@kubecast/client';
import { clientSuite } from './client-suite.ts';

clientSuite('embedded', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'kubecast-client-suite-'));
  const server = createApiServer({});
  await server.listen();
  const path = join(folder, 'kubeconfig');
  server.writeKubeconfig(path);
  return {
    connection: await connectionFromKubeconfig({ path, env: {} }),
    close: async () => {
      await server.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
});
