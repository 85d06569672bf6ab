import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { RealCluster } from '@kubecast/apiserver/envtest';
import { assetsIfBuilt } from '../server-under-test.ts';
import { kubectlSuite } from './kubectl-suite.ts';

// Skipped where kube-apiserver and etcd are not built and KUBEBUILDER_ASSETS names no folder with them; test:real must have them.
const assets = assetsIfBuilt();
kubectlSuite(
  'real',
  assets === undefined
    ? undefined
    : async () => {
        const folder = mkdtempSync(join(tmpdir(), 'kubecast-kubectl-'));
        const cluster = new RealCluster({ assets });
        await cluster.start();
        const kubeconfig = join(folder, 'kubeconfig.yaml');
        cluster.writeKubeconfig(kubeconfig);
        return {
          kubeconfig,
          folder,
          close: async () => {
            await cluster.stop();
            rmSync(folder, { recursive: true, force: true });
          },
        };
      },
);
