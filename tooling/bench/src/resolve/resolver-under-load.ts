import { existsSync } from 'node:fs';
import type { EmbeddedCluster } from '@kubecast/apiserver/envtest';
import { call } from '../server.ts';

const root = new URL('../../../../', import.meta.url).pathname;
export const NAMESPACE = 'meta-test';

/** The command line of a resolver behind the name of the runtime. @throws if it is not built */
export function resolverArguments(where: {
  readonly kubeconfig: string;
  readonly redisUrl: string;
  readonly port: number;
  /** Of `--dial`. */
  readonly dials: readonly string[];
  readonly more?: readonly string[];
}): string[] {
  const program = `${root}apps/resolver/dist/main.js`;
  if (!existsSync(program)) throw new Error('the resolver is not built: npm run build first');
  const { kubeconfig, redisUrl, port, dials, more = [] } = where;
  return [
    ...[
      program,
      '--kubeconfig',
      kubeconfig,
      '--namespace',
      NAMESPACE,
      '--redis-url',
      redisUrl,
      '--host',
      '127.0.0.1',
      '--port',
      String(port),
    ],
    ...[...dials.flatMap((dial) => ['--dial', dial]), '--log-level', 'error', ...more],
  ];
}

export async function installAppModels(cluster: EmbeddedCluster): Promise<void> {
  await cluster.installCrds([`${root}samples/appmodel-crd.yaml`]);
  await call(cluster, 'POST', '/api/v1/namespaces', { metadata: { name: NAMESPACE } });
}
