import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { appModel, collection, onRealServer, startCluster, type Cluster } from '../../testing/cluster.ts';
import type { WatchReader } from '../../testing/probe.ts';

let cluster: Cluster;
let number = 0;
beforeAll(async () => {
  cluster = await startCluster({ windowEvents: 400 });
});
afterAll(() => cluster.close());

type Objects = Map<string, string>;

const state = (items: readonly { metadata: { name: string; resourceVersion: string } }[]): Objects =>
  new Map(items.map((item) => [item.metadata.name, item.metadata.resourceVersion]));

/** What a client holds that lists and then watches, when the sentinel has come. */
async function follow(objects: Objects, watch: WatchReader): Promise<Objects> {
  let last = 0;
  for (;;) {
    const line = await watch.next();
    if (line === undefined) throw new Error('the watch ended');
    const { name, resourceVersion } = line.object.metadata as { name: string; resourceVersion: string };
    expect(Number(resourceVersion)).toBeGreaterThan(last);
    last = Number(resourceVersion);
    if (line.type === 'DELETED') expect(objects.delete(name)).toBe(true);
    else {
      expect(objects.has(name)).toBe(line.type === 'MODIFIED');
      objects.set(name, resourceVersion);
    }
    if (name === 'sentinel') break;
  }
  watch.close();
  objects.delete('sentinel');
  return objects;
}

test('list then watch gives what a later list gives, from any version, with and without a selector, each change once and in order', async () => {
  const operation = fc.record({
    name: fc.constantFrom('a', 'b', 'c', 'd'),
    what: fc.constantFrom('put', 'put', 'label', 'unlabel', 'delete', 'hold', 'release'),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(operation, { minLength: 1, maxLength: 40 }), fc.nat(39), async (operations, listAt) => {
      const namespace = `h${++number}`;
      const path = collection.replace('/ns/', `/${namespace}/`);
      await cluster.probe.post('/api/v1/namespaces', { metadata: { name: namespace } });
      const selectors = ['', '&labelSelector=on', '&labelSelector=!on'];
      const followers: Promise<Objects>[] = [];
      const begin = async (): Promise<void> => {
        for (const selector of selectors) {
          const list = await cluster.probe.get(`${path}?limit=500${selector}`);
          const watch = await cluster.probe.watch(`${path}?watch=1&resourceVersion=${list.json.metadata.resourceVersion}${selector}`);
          followers.push(follow(state(list.json.items), watch));
        }
      };
      for (const [index, { name, what }] of operations.entries()) {
        if (index === Math.min(listAt, operations.length - 1)) await begin();
        const one = `${path}/${name}`;
        if (what === 'put') {
          const made = await cluster.probe.post(path, appModel(name));
          if (made.status === 409) await cluster.probe.patch(one, { spec: { app: `x${index}` } });
        } else if (what === 'delete') await cluster.probe.delete(one);
        else if (what === 'hold') await cluster.probe.patch(one, { metadata: { finalizers: ['a.b/c'] } });
        else if (what === 'release') await cluster.probe.patch(one, { metadata: { finalizers: null } });
        else await cluster.probe.patch(one, { metadata: { labels: { on: what === 'label' ? 'yes' : null } } });
      }
      const finals = await Promise.all(
        selectors.map(async (selector) => state((await cluster.probe.get(`${path}?${selector}`)).json.items)),
      );
      await cluster.probe.post(path, appModel('sentinel', { labels: { on: 'yes' } }));
      await cluster.probe.patch(`${path}/sentinel`, { metadata: { labels: { on: null } } });
      const [all, on, off] = await Promise.all(followers);
      expect(all).toEqual(finals[0]);
      expect(on).toEqual(finals[1]);
      expect(off).toEqual(finals[2]);
    }),
    { numRuns: 25 },
  );
}, 60_000);

test.skipIf(onRealServer)(
  'a reader too slow for the window is ended, and told Expired when it comes back; nothing piles up for it',
  async () => {
    const path = collection;
    await cluster.probe.post(path, appModel('flood'));
    const from = (await cluster.probe.get(path)).json.metadata.resourceVersion as string;
    const watch = await cluster.probe.watch(`${path}?watch=1&resourceVersion=${from}`);
    const resume = watch.pause();
    const payload = 'x'.repeat(30_000);
    for (let step = 0; step < 900; step++) await cluster.probe.patch(`${path}/flood`, { spec: { app: `${step}${payload}` } });
    resume();
    let events = 0;
    while ((await watch.next()) !== undefined) events++;
    expect((await watch.ended()).how).toBe('end');
    expect(events).toBeLessThan(900);
    const back = await cluster.probe.watch(`${path}?watch=1&resourceVersion=${from}`);
    expect((await back.next())?.object.reason).toBe('Expired');
  },
  60_000,
);
