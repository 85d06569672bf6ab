import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EmbeddedCluster } from '@kubecast/apiserver/envtest';
import { startRedis, type TestRedis } from '@kubecast/redis-loader/testing';
import { call } from '../server.ts';
import type { ServerUnderLoad } from './server-process.ts';

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

/** What a benchmark of the resolver stands on. */
export interface Surroundings {
  /** Of this run, and removed at its end. */
  readonly folder: string;
  readonly cluster: EmbeddedCluster;
  readonly redis: TestRedis;
  /** Waits until the server listens, and stops it at the end of the run. */
  readonly start: (server: ServerUnderLoad, ready?: () => Promise<boolean>) => Promise<ServerUnderLoad>;
}

/** Runs `body` with a cluster, a Redis and a folder, and takes away all of it, and what it started, however it ends. */
export async function inSurroundings<T>(body: (surroundings: Surroundings) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), 'kubecast-bench-'));
  const cluster = new EmbeddedCluster();
  await cluster.start();
  const redis = await startRedis({ kind: 'redis-server' });
  const running: ServerUnderLoad[] = [];
  try {
    return await body({
      folder,
      cluster,
      redis,
      start(server, ready) {
        running.push(server);
        return server.listening(ready);
      },
    });
  } finally {
    for (const server of running) await server.stop();
    await redis.close();
    await cluster.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}
