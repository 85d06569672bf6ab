import { nobodyUser, RealCluster } from '@kubecast/apiserver/envtest';
import { findAssets } from '@kubecast-tooling/envtest';
import type { RunningTarget } from './embedded-target.ts';

/** The folder with kube-apiserver and etcd: KUBEBUILDER_ASSETS, else the cache that the build fills; undefined if there is none. */
export function realAssets(): string | undefined {
  return findAssets();
}

/** The real API server; it ends with `close`. */
export async function startReal(assets: string): Promise<RunningTarget> {
  const cluster = new RealCluster({ assets });
  await cluster.start();
  return {
    baseUrl: cluster.url,
    ca: cluster.ca,
    token: cluster.token(),
    nobodyToken: cluster.token(nobodyUser),
    close: () => cluster.stop(),
  };
}
