import { connectionFromKubeconfig } from './connection-from-kubeconfig.ts';
import { connectionInCluster, isInCluster } from './connection-in-cluster.ts';
import type { Connection } from '../connection/connection.ts';
import type { KubeconfigOptions } from './kubeconfig-options.ts';

/**
 * The connection that a program which runs in a pod and on a desk wants: the pod's service account, unless a path, a context or KUBECONFIG
 * names a kubeconfig; outside a pod the kubeconfig of KUBECONFIG or ~/.kube/config. Throws ConfigError, as the two that it chooses from.
 */
export function connectionFromDefaults(options: KubeconfigOptions = {}): Promise<Connection> {
  const env = options.env ?? process.env;
  const named =
    options.path !== undefined || options.text !== undefined || options.context !== undefined || (env['KUBECONFIG'] ?? '') !== '';
  if (named || !isInCluster(env)) return connectionFromKubeconfig(options);
  const { clock, onWarning } = options;
  return connectionInCluster({ env, ...(clock === undefined ? {} : { clock }), ...(onWarning === undefined ? {} : { onWarning }) });
}
