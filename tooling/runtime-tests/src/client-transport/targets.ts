import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EmbeddedCluster, RealCluster } from '@kubecast/apiserver/envtest';
import { findAssets } from '@kubecast-tooling/envtest';

/** A server that the transport is tried against, started at the first question for it and kept for all tests of the run. */
export interface Target {
  readonly name: 'embedded' | 'real';
  cluster(): Promise<EmbeddedCluster | RealCluster>;
  stop(): Promise<void>;
}

function target<C extends EmbeddedCluster | RealCluster>(name: Target['name'], make: () => C): Target {
  let running: Promise<C> | undefined;
  return {
    name,
    cluster() {
      running ??= (async () => {
        const cluster = make();
        await cluster.start();
        return cluster;
      })();
      return running;
    },
    async stop() {
      await (await running)?.stop();
      running = undefined;
    },
  };
}

/**
 * The embedded server, and the real one where its binaries are: the folder that KUBEBUILDER_ASSETS names, or what `npm run envtest` built.
 * In CI the real one must be there.
 */
export function targets(): readonly Target[] {
  const embedded = target('embedded', () => new EmbeddedCluster());
  const assets = findAssets();
  if (assets !== undefined) return [embedded, target('real', () => new RealCluster({ assets }))];
  const notice = 'there is no kube-apiserver: `npm run envtest` builds it, or KUBEBUILDER_ASSETS names a folder that holds it and etcd';
  if ((process.env['CI'] ?? '') !== '') throw new Error(`${notice}. CI must have it`);
  console.warn(`NOT RUN on the real API server: ${notice}`);
  return [embedded];
}

let made: string | undefined;

/** A folder for the files of this run. */
export function folder(): string {
  made ??= mkdtempSync(join(tmpdir(), 'kubecast-client-transport-'));
  return made;
}

export function removeFolder(): void {
  if (made !== undefined) rmSync(made, { recursive: true, force: true });
  made = undefined;
}
