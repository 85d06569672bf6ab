import { accessSync, constants } from 'node:fs';
import { join } from 'node:path';
import { ApiServerError } from '../errors.ts';
import type { ApiServerOptions } from '../options.ts';
import { EmbeddedCluster } from './embedded-cluster.ts';
import { RealCluster } from './real-cluster.ts';
import type { TestCluster } from './test-cluster.ts';

export interface TestClusterOptions {
  /** `auto`, the default: the real server if its binaries are found, else the embedded one. */
  readonly use?: 'auto' | 'real' | 'embedded';
  /** Folder with kube-apiserver and etcd; the environment's KUBEBUILDER_ASSETS by default, as users of envtest know it. */
  readonly assets?: string;
  readonly embedded?: ApiServerOptions;
}

/**
 * A cluster for tests, not yet started.
 * @throws ApiServerError where the real one is asked for, or its folder is named, and a binary is missing
 */
export function createTestCluster(options: TestClusterOptions = {}): TestCluster {
  const { use = 'auto' } = options;
  const assets = options.assets ?? process.env['KUBEBUILDER_ASSETS'];
  if (use === 'embedded' || (use === 'auto' && (assets === undefined || assets === ''))) return new EmbeddedCluster(options.embedded);
  if (assets === undefined || assets === '')
    throw new ApiServerError(
      'ERR_APISERVER_ENVTEST',
      'the real API server was asked for, but nothing says where it is; name the folder of kube-apiserver and etcd in KUBEBUILDER_ASSETS',
    );
  for (const binary of ['kube-apiserver', 'etcd']) {
    try {
      accessSync(join(assets, binary), constants.X_OK);
    } catch (error) {
      throw new ApiServerError(
        'ERR_APISERVER_ENVTEST',
        `${assets} has no ${binary} that can be run; correct KUBEBUILDER_ASSETS, or unset it to use the embedded server`,
        { cause: error },
      );
    }
  }
  return new RealCluster({ assets });
}
