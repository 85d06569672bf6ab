import type { Storage } from '../storage/storage.ts';
import { wholeSeconds } from './writes/create.ts';

/** Namespaces that every cluster has. */
export const systemNamespaces = ['default', 'kube-node-lease', 'kube-public', 'kube-system'] as const;

/** Makes those that are missing. */
export function ensureNamespaces(storage: Storage, wall: number): void {
  const table = storage.table('/namespaces');
  for (const name of systemNamespaces) {
    if (table.get(name) !== undefined) continue;
    storage.put(
      '/namespaces',
      {
        kind: 'Namespace',
        apiVersion: 'v1',
        metadata: {
          name,
          uid: crypto.randomUUID(),
          resourceVersion: '0',
          creationTimestamp: wholeSeconds(wall),
          labels: { 'kubernetes.io/metadata.name': name },
        },
        spec: { finalizers: ['kubernetes'] },
        status: { phase: 'Active' },
      },
      'v1',
    );
  }
}
