import { appModel, type AppModel } from '@kubecast/crd';
import type { KubernetesClient } from '@kubecast/client';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Panel } from './panel.ts';
import type { AppPicture } from './picture.ts';
import { lookAt } from './watch-pictures.ts';
import { appModelPath, type World } from './world.ts';

const LOOK_MS = 250;
const CLOSE_LOOK_MS = 2;
const CLOSE_LOOK_LIMIT_MS = 10_000;
const WATCH_AGAIN_MS = 500;

/** Whether a picture shows what an AppModel announces; for a deleted one, that its app is gone. */
export function shows(apps: readonly AppPicture[], object: AppModel, deleted: boolean): boolean {
  const app = apps.find((candidate) => candidate.name === object.spec?.app);
  if (deleted || object.spec?.app === undefined) return app === undefined;
  if (!app || app.version !== (object.spec.version ?? '')) return false;
  // The last entry of a model counts.
  const wanted = new Map((object.spec.models ?? []).map((model) => [model.name, model.version]));
  return app.models.length === wanted.size && app.models.every((model) => wanted.get(model.name) === model.version);
}

/**
 * Keeps the panel alive until the signal ends it: what every resolver holds, and for each change that somebody applies, how long it took
 * from the API server's event until every resolver served it.
 */
export async function showUntil(world: World, client: KubernetesClient, panel: Panel, title: string, signal: AbortSignal): Promise<void> {
  let lastChange: { what: string; ms: number } | undefined;

  const measure = async (object: AppModel, deleted: boolean): Promise<void> => {
    const start = performance.now();
    const name = `${object.metadata.namespace ?? ''}/${object.metadata.name ?? ''}${deleted ? ' (deleted)' : ''}`;
    for (;;) {
      const pictures = await Promise.all(world.resolvers.map((resolver) => lookAt(resolver, world.namespace)));
      const ms = performance.now() - start;
      if (pictures.every((picture) => shows(picture.apps, object, deleted))) {
        lastChange = { what: name, ms };
        panel.log(`${name}: served by every resolver after ${ms.toFixed(1)} ms`);
        return;
      }
      if (ms > CLOSE_LOOK_LIMIT_MS || signal.aborted) {
        if (!signal.aborted)
          panel.log(
            `${name}: not served by every resolver within ${CLOSE_LOOK_LIMIT_MS / 1000} s; why is at ${world.resolvers[0]?.url}/v1/problems`,
          );
        return;
      }
      await sleep(CLOSE_LOOK_MS);
    }
  };

  const follow = async (): Promise<void> => {
    const resource = client.resource(appModel, { namespace: world.namespace });
    while (!signal.aborted) {
      try {
        const { json } = await world.kube.request('GET', `${appModelPath(world.namespace)}?limit=1`);
        const { resourceVersion } = json['metadata'] as { resourceVersion: string };
        for await (const event of resource.watch({ resourceVersion, signal })) {
          if (event.type === 'ADDED' || event.type === 'MODIFIED' || event.type === 'DELETED')
            await measure(event.object, event.type === 'DELETED');
        }
      } catch {
        // The API server may be away on purpose: the resolvers go on, and so does the panel.
      }
      await sleep(WATCH_AGAIN_MS, undefined, { signal }).catch(() => undefined);
    }
  };

  const redraw = async (): Promise<void> => {
    while (!signal.aborted) {
      const resolvers = await Promise.all(world.resolvers.map((resolver) => lookAt(resolver, world.namespace)));
      panel.update({ title, resolvers, lastChange, tryIt: [] });
      await sleep(LOOK_MS, undefined, { signal }).catch(() => undefined);
    }
  };
  await Promise.all([follow(), redraw()]);
}
