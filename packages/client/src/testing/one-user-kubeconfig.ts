import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Writes a kubeconfig with one context: a user as given, a cluster where nothing listens unless it is given. */
export function oneUserKubeconfig(folder: string, name: string, user: object, cluster: object = { server: 'https://127.0.0.1:1' }): string {
  const path = join(folder, name);
  writeFileSync(
    path,
    JSON.stringify({
      'current-context': 'dev',
      contexts: [{ name: 'dev', context: { cluster: 'c', user: 'u' } }],
      clusters: [{ name: 'c', cluster }],
      users: [{ name: 'u', user }],
    }),
  );
  return path;
}
