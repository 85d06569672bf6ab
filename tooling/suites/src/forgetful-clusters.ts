import { EmbeddedCluster, RealCluster, type TestCluster } from '@kubecast/apiserver/envtest';
import { realAssets } from './apiserver/real-target.ts';

/** A cluster whose API server can be made to forget what was before now. */
export interface ForgetfulCluster {
  readonly name: 'embedded' | 'real';
  /** Undefined where the real one is not built. */
  readonly make: (() => TestCluster) | undefined;
  /** Versions from before are expired for lists, pages and watches afterwards. The real server is restarted for it. */
  forget(cluster: TestCluster): Promise<void>;
}

const assets = realAssets();

export const forgetfulClusters: readonly ForgetfulCluster[] = [
  {
    name: 'embedded',
    make: () => new EmbeddedCluster({}),
    forget: (cluster) => {
      (cluster as EmbeddedCluster).server.faults.expireHistory();
      return Promise.resolve();
    },
  },
  {
    name: 'real',
    make: assets === undefined ? undefined : () => new RealCluster({ assets }),
    forget: async (cluster) => {
      await (cluster as RealCluster).compact();
      // It keeps pages of its own, which a new process has not.
      await cluster.kill();
      await cluster.restart();
    },
  },
];
