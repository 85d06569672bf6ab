import type { ApiServer, ApiServerOptions } from '@kubecast/apiserver';
import { EmbeddedCluster, RealCluster, type TestCluster } from '@kubecast/apiserver/envtest';
import { realAssets } from './apiserver/real-target.ts';

/**
 * The end-to-end suites run on the embedded API server, or, with KUBECAST_SERVER=real, on the real one. What asks the server for faults that
 * only the embedded one can show is skipped there, by name.
 */
export const onReal: boolean = process.env['KUBECAST_SERVER'] === 'real';

/**
 * Where kube-apiserver and etcd are; undefined where they are not built.
 * @throws where KUBECAST_SERVER=real asks for them: what was asked for is not skipped
 */
export function assetsIfBuilt(): string | undefined {
  const assets = realAssets();
  if (assets === undefined && onReal)
    throw new Error('KUBECAST_SERVER=real, but there are no kube-apiserver and etcd: npm run envtest builds them');
  return assets;
}

/** A server that runs, as KUBECAST_SERVER says. */
export async function startServer(embedded: ApiServerOptions = {}): Promise<TestCluster> {
  const assets = onReal ? assetsIfBuilt() : undefined;
  const cluster = assets === undefined ? new EmbeddedCluster(embedded) : new RealCluster({ assets });
  await cluster.start();
  return cluster;
}

/** The embedded server itself, for its faults. */
export function embeddedOf(cluster: TestCluster): ApiServer {
  if (cluster instanceof EmbeddedCluster) return cluster.server;
  throw new Error('this test needs the faults of the embedded server: skip it on the real one');
}
