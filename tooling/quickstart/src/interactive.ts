import { setTimeout as sleep } from 'node:timers/promises';
import type { Panel } from './panel.ts';
import { holdings, lookAt } from './watch-pictures.ts';
import { appModelPath, type World } from './world.ts';

const LOOK_MS = 250;
const CLOSE_LOOK_MS = 2;
const CLOSE_LOOK_LIMIT_MS = 10_000;

interface Seen {
  readonly resourceVersion: string;
  readonly text: string;
}

async function appModels(world: World): Promise<Seen | undefined> {
  try {
    const { status, json } = await world.kube.request('GET', appModelPath(world.namespace));
    if (status !== 200) return undefined;
    const items = json['items'] as { metadata: { name: string }; spec?: unknown }[];
    return { resourceVersion: String((json['metadata'] as { resourceVersion: string }).resourceVersion), text: JSON.stringify(items.map((item) => [item.metadata.name, item.spec])) };
  } catch {
    return undefined; // The API server may be away: the resolvers go on, and so does the panel.
  }
}

/**
 * Keeps the panel alive until the signal ends it: shows what every resolver holds, and when somebody applies a change, how long it took
 * until every resolver served the same again.
 */
export async function showUntil(world: World, panel: Panel, title: string, tryIt: readonly string[], signal: AbortSignal): Promise<void> {
  let lastChange: { what: string; ms: number } | undefined;
  let known = await appModels(world);
  let before = new Map<string, string>();
  while (!signal.aborted) {
    const pictures = await Promise.all(world.resolvers.map((resolver) => lookAt(resolver, world.namespace)));
    panel.update({ title, resolvers: pictures, lastChange, tryIt });
    const now = await appModels(world);
    if (now && known && now.text !== known.text) {
      const start = performance.now();
      let waited = 0;
      for (;;) {
        const held = await Promise.all(world.resolvers.map((resolver) => lookAt(resolver, world.namespace)));
        const texts = new Set(held.map(holdings));
        waited = performance.now() - start;
        const moved = held.every((picture) => holdings(picture) !== before.get(picture.name));
        if ((texts.size === 1 && moved) || waited > CLOSE_LOOK_LIMIT_MS || signal.aborted) break;
        await sleep(CLOSE_LOOK_MS);
      }
      lastChange = { what: `seen ${new Date().toISOString().slice(11, 19)}`, ms: waited };
    }
    if (now) known = now;
    before = new Map(pictures.map((picture) => [picture.name, holdings(picture)]));
    await sleep(LOOK_MS, undefined, { signal }).catch(() => undefined);
  }
}
