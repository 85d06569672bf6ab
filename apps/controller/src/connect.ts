import { connectionFromKubeconfig, connectionInCluster, isInCluster, type Connection } from '@kubecast/client';
import type { ConnectionFlags } from './flags.ts';

/** In a pod the service account is used unless a kubeconfig is named. */
export function connect(flags: ConnectionFlags): Promise<Connection> {
  if (flags.kubeconfig === undefined && flags.context === undefined && process.env['KUBECONFIG'] === undefined && isInCluster())
    return connectionInCluster();
  return connectionFromKubeconfig({
    ...(flags.kubeconfig === undefined ? {} : { path: flags.kubeconfig }),
    ...(flags.context === undefined ? {} : { context: flags.context }),
  });
}
