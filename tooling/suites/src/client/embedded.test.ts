import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createApiServer } from '@kubecast/apiserver';
import { connectionFromKubeconfig } from '@kubecast/client';
import { clientSuite, type Served } from './client-suite.ts';

async function start(): Promise<Served> {
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
}

clientSuite('embedded', start);
clientSuite('embedded', start, 2);
