import { afterAll, describe, expect, test } from 'vitest';
import { configMapType, namespaceType } from '@kubecast/crd';
import type { ConfigMap, ResourceType } from '@kubecast/crd';
import { createInformer, createMetadataInformer, followConfigMap, isWaitTimeoutError, scopeId } from '@kubecast/informer';
import type { Delta } from '@kubecast/informer';
import { systemClock } from '@kubecast/clock';
import { restartTests } from './restart-tests.ts';
import { World, held, lineOf, noteCrd, noteType, until } from './world.ts';
import type { Note, Servers } from './world.ts';

/** What an informer does on any API server that answers as the real one does; skipped, by name, where there is none. */
export function informerSuite(name: string, given: Servers | undefined): void {
  describe.skipIf(given === undefined)(`the informer on the ${name}`, { timeout: 60_000 }, () => {
    const servers = given as Servers;
    // The names of the tests are collected also where there is no server to run them on.
    const faulty = given?.faulty === true;
    afterAll(() => given?.end());

    async function filled(count: number, options: Parameters<typeof World.start>[1] = {}): Promise<World> {
      const world = await World.start(servers, options);
      for (let i = 0; i < count; i += 1) await world.notes.create(world.note(`note-${i}`, `text ${i}`));
      return world;
    }

    restartTests(filled);

    test('a list over the wire, streamed where the server can, fills the view, byte for byte, and a watch keeps it', async () => {
      await using world = await filled(50);
      const reports: string[] = [];
      const informer = world.informer({ onReport: (report) => reports.push(report.kind) });
      await informer.whenSynced();
      expect(held(informer)).toEqual(await world.truth());
      const written = await world.notes.create(world.note('new', 'new'));
      await informer.waitFor(written.receipt, { deadlineMs: 5000 });
      expect(held(informer)).toEqual(await world.truth());
      expect(informer.scopes()[0]).toMatchObject({ state: 'Watching', synced: true });
      // An older server refuses the stream with 422: a second list, page by page, and a watch from there.
      expect(informer.scopes()[0]?.counters).toMatchObject(
        servers.streamsLists ? { lists: 1, watches: 1, failures: 0 } : { lists: 2, watches: 2, failures: 0 },
      );
      expect(reports).toEqual(servers.streamsLists ? [] : ['streamed-list-given-up']);
    });

    test('every write can be waited for: create, update, apply, status-free patch and delete', async () => {
      await using world = await filled(3);
      const informer = world.informer();
      await informer.whenSynced();
      const created = await world.notes.create(world.note('mine', 'first'));
      await informer.waitFor(created.receipt, { deadlineMs: 5000 });
      expect(informer.view.get(created.receipt.key)?.spec.text).toBe('first');
      const patched = await world.notes.patch('mine', { spec: { text: 'second' } }, { namespace: 'one', kind: 'merge' });
      await informer.waitFor(patched.receipt, { deadlineMs: 5000 });
      expect(informer.view.get(created.receipt.key)?.spec.text).toBe('second');
      const deleted = await world.notes.delete('mine', { namespace: 'one' });
      await informer.waitFor(deleted.receipt, { deadlineMs: 5000 });
      expect(informer.view.get(created.receipt.key)).toBeUndefined();
      const failed = await informer
        .waitFor({ scope: scopeId(''), version: '999999999' }, { deadlineMs: 20 })
        .catch((error: unknown) => error);
      expect(isWaitTimeoutError(failed)).toBe(true);
    });

    test.skipIf(!faulty)('a server that swallows the end of the initial events is listed in pages by the deadline', async () => {
      await using world = await filled(20);
      world.api.faults.add({ type: 'missing-bookmark', which: 'initial-events-end' }, { verb: 'watch', resource: 'notes' });
      const reports: string[] = [];
      const informer = world.informer({
        limits: { bookmarkWarnMs: 50, bookmarkDeadlineMs: 150 },
        onReport: (report) => reports.push(report.kind),
      });
      await informer.whenSynced();
      expect(reports).toEqual(servers.streamsLists ? ['late-bookmark', 'streamed-list-given-up'] : ['streamed-list-given-up']);
      expect(held(informer)).toEqual(await world.truth());
    });

    test.skipIf(!faulty)('refusals of the first list are states, and each ends by itself', async () => {
      await using world = await filled(5);
      for (const [code, state] of [
        [403, 'Forbidden'],
        [401, 'Forbidden'],
        [404, 'Gone'],
        [429, 'BackingOff'],
        [500, 'BackingOff'],
        [503, 'BackingOff'],
      ] as const) {
        world.api.faults.add({ type: 'status', code }, { verb: ['list', 'watch'], resource: 'notes', times: 2 });
        const informer = world.informer();
        const states: string[] = [];
        informer.onStatus((status) => states.push(status.state));
        await informer.whenSynced();
        expect(states).toContain(state);
        expect(held(informer)).toEqual(await world.truth());
        await informer.stop();
      }
    });

    test.skipIf(!faulty)('whatever ends a watch, it is resumed, and nothing that happened meanwhile is missing', async () => {
      const faults = [
        { type: 'drop', afterEvents: 1 },
        { type: 'truncate', afterEvents: 1 },
        { type: 'end-watch', afterEvents: 1 },
        { type: 'watch-error', code: 410, afterEvents: 1 },
        { type: 'watch-error', code: 500, afterEvents: 1 },
        { type: 'stall', afterEvents: 1 },
      ] as const;
      for (const fault of faults) {
        await using world = await filled(5);
        world.api.faults.add(fault, { verb: 'watch', resource: 'notes', times: 2 });
        // One event and the end bookmark pass; then it is the paged list's turn, or a new stream.
        const informer = world.informer({ limits: { idleMs: 300, bookmarkDeadlineMs: 300, bookmarkWarnMs: 200 } });
        await informer.whenSynced();
        let last = await world.notes.create(world.note('a', 'a'));
        last = await world.notes.patch('a', { spec: { text: 'b' } }, { namespace: 'one', kind: 'merge' });
        await world.notes.delete('note-1', { namespace: 'one' });
        last = await world.notes.create(world.note('note-1', 'again'));
        await informer.waitFor(last.receipt, { deadlineMs: 10_000 });
        expect(held(informer), fault.type).toEqual(await world.truth());
      }
    });

    test('a restart of the API server is waited out, and the watch goes on', async () => {
      await using world = await filled(10);
      const informer = world.informer();
      await informer.whenSynced();
      await world.cluster.kill();
      await until(informer, () => informer.scopes()[0]?.state === 'BackingOff');
      expect(informer.view.size).toBe(10);
      await world.cluster.restart();
      await until(informer, () => informer.scopes()[0]?.state === 'Watching');
      const written = await world.notes.create(world.note('after', 'after'));
      await informer.waitFor(written.receipt, { deadlineMs: 10_000 });
      expect(held(informer)).toEqual(await world.truth());
    });

    test('a change of the CRD shows other content under the same versions: it is delivered as updates', async () => {
      await using world = await filled(3);
      const informer = world.informer();
      const updates: string[] = [];
      informer.handle(
        (delta) => void (delta.type === 'updated' && updates.push(`${delta.entry.key.name} ${String(delta.entry.value.spec.extra)}`)),
      );
      await informer.whenSynced();
      await world.crds.patch('notes.example.com', noteCrd({ default: 'by default' }) as never, { kind: 'merge' } as never);
      await until(informer, () => updates.length === 3);
      expect(updates.sort()).toEqual(['note-0 by default', 'note-1 by default', 'note-2 by default']);
      expect(held(informer)).toEqual(await world.truth());
    });

    test('a change of the CRD amid writes, after which the watch may be resumed, is delivered all the same', async () => {
      await using world = await filled(3);
      const informer = world.informer();
      await informer.whenSynced();
      // Events in the old form carry the reader past the change of the CRD, until the server ends the watch. The writes take all of the
      // client's budget, and the informer must come through nonetheless.
      const stop = new AbortController();
      const writing = (async () => {
        for (let i = 0; !stop.signal.aborted; i += 1)
          await world.notes.patch('note-0', { spec: { text: `text ${i}` } }, { namespace: 'one', kind: 'merge' });
      })();
      await world.crds.patch('notes.example.com', noteCrd({ default: 'by default' }) as never, { kind: 'merge' } as never);
      const extra = (name: string): unknown => informer.view.get({ cluster: '', namespace: 'one', name })?.spec.extra;
      await until(informer, () => ['note-0', 'note-1', 'note-2'].every((name) => extra(name) === 'by default'));
      stop.abort();
      await writing;
      expect(informer.view.size).toBe(3);
    });

    test('the CRD goes and comes back: deletes, a state, and the new objects', async () => {
      await using world = await filled(3);
      const informer = world.informer();
      const deleted: string[] = [];
      informer.handle(
        (delta: Delta<Note>) => void (delta.type === 'deleted' && deleted.push(`${delta.entry.key.name} ${String(delta.cause)}`)),
      );
      await informer.whenSynced();
      // An event has come: the watch is open, and will bring the deletes.
      const { receipt } = await world.notes.create(world.note('note-3', 'by the watch'));
      await informer.waitFor(receipt, { deadlineMs: 5000 });
      await world.crds.delete('notes.example.com');
      await until(informer, () => informer.scopes()[0]?.state === 'Gone' && deleted.length === 4);
      expect(deleted.sort()).toEqual(['note-0 deleted', 'note-1 deleted', 'note-2 deleted', 'note-3 deleted']);
      await world.crds.create(noteCrd() as never);
      await world.established();
      await world.notes.create(world.note('again', 'again'));
      await until(informer, () => informer.view.size === 1);
      expect(held(informer)).toEqual(await world.truth());
    });

    test('a ConfigMap and the labels of namespaces say where an informer watches, while it runs', async () => {
      await using world = await filled(2);
      await world.notes.create(world.note('note-of-two', 'text', 'two'));
      const label = (name: string, team: string | null): Promise<unknown> =>
        world.client.resource(namespaceType).patch(name, { metadata: { labels: { team } } }, { kind: 'merge' });
      const configs = world.client.resource<ResourceType<ConfigMap>, ConfigMap>(configMapType);
      const say = (data: Record<string, string>): Promise<unknown> =>
        configs.apply(
          { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'scope', namespace: 'three' }, data },
          { fieldManager: 'suite' },
        );
      await label('one', 'ml');
      await say({ scopeSelector: 'team=ml' });
      const { client } = world;
      await using namespaces = createMetadataInformer({ type: namespaceType, client });
      await using configMaps = createInformer<ConfigMap>({
        type: configMapType,
        client,
        namespaces: ['three'],
        fieldSelector: 'metadata.name=scope',
      });
      const informer = world.informer({ namespaces: [] });
      using follower = followConfigMap(informer, { configMaps, namespaces, namespace: 'three', name: 'scope' });
      const told = (holds: () => boolean): Promise<void> =>
        new Promise((resolve) => {
          const undo = follower.onChange(() => check());
          const check = (): void => {
            if (!holds()) return;
            undo[Symbol.dispose]();
            resolve();
          };
          check();
        });
      namespaces.start();
      configMaps.start();
      await follower.ready;
      const sees = (...names: string[]): Promise<void> =>
        until(informer, () => [...informer.view.select()].map(({ key }) => key.name).join() === names.join());
      await sees('note-0', 'note-1');
      expect(follower.namespaces).toEqual(['one']);
      await label('two', 'ml');
      await sees('note-0', 'note-1', 'note-of-two');
      await label('one', null);
      await sees('note-of-two');
      await say({ watchNamespaces: 'one' });
      await told(() => follower.namespaces.join() === 'one');
      await sees('note-0', 'note-1');
      await say({ watchNamespaces: 'Not A Name' });
      await told(() => follower.state === 'kept');
      expect(follower.reason).toMatch(/^the ConfigMap three\/scope at \d+: watchNamespaces: "Not" is no name of a namespace/u);
      await configs.delete('scope', { namespace: 'three' });
      await told(() => follower.reason === 'there is no ConfigMap three/scope');
      await sees('note-0', 'note-1');
      await label('two', null);
    });

    test('an informer of the metadata alone sees labels and versions and nothing else, and keeps up', async () => {
      await using world = await filled(3);
      await using informer = createMetadataInformer({ type: noteType, client: world.client });
      informer.start();
      await informer.whenSynced();
      const written = await world.notes.create(world.note('new', 'a text', 'one', { x: 'y' }));
      await informer.waitFor(written.receipt, { deadlineMs: 5000 });
      expect(informer.view.size).toBe(4);
      const shown = informer.view.get(written.receipt.key);
      expect(Object.keys(shown ?? {}).sort()).toEqual(['apiVersion', 'kind', 'metadata']);
      expect(shown).toMatchObject({
        kind: 'PartialObjectMetadata',
        apiVersion: 'meta.k8s.io/v1',
        metadata: { name: 'new', labels: { x: 'y' } },
      });
      expect(informer.scopes()[0]).toMatchObject({ state: 'Watching', counters: { corrupt: 0 } });
    });

    test('selectors and namespaces: what is relabelled out leaves as such, and namespaces change while it runs', async () => {
      await using world = await World.start(servers);
      for (const namespace of ['one', 'two', 'three']) await world.notes.create(world.note('x', namespace, namespace, { team: 'a' }));
      const informer = world.informer({ namespaces: ['one', 'two'], labelSelector: 'team=a' });
      const lines: string[] = [];
      informer.handle((delta) => void lines.push(`${delta.type} ${delta.entry.key.namespace} ${delta.cause ?? ''}`.trim()));
      await informer.whenSynced();
      await world.notes.patch('x', { metadata: { labels: { team: 'b' } } }, { namespace: 'two', kind: 'merge' });
      await until(informer, () => informer.view.size === 1);
      informer.setNamespaces(['']);
      await informer.whenSynced();
      await until(informer, () => lines.length === 4);
      informer.setNamespaces(['three']);
      await until(informer, () => lines.length === 5);
      expect(lines.slice(0, 2).sort()).toEqual(['added one', 'added two']);
      expect(lines.slice(2)).toEqual(['deleted two deleted-or-unmatched', 'added three', 'deleted one scope-removed']);
      expect(informer.view.size).toBe(1);
    });

    test.skipIf(!faulty)(
      'under churn and random faults every view and every handler ends at what the server lists',
      async () => {
        await using world = await filled(40, { bookmarkMs: 200 });
        const slow = new Map<string, string>();
        let told: () => void = () => undefined;
        const informers = [world.informer({ limits: { idleMs: 500 } }), world.informer({ namespaces: ['one'], limits: { idleMs: 500 } })];
        informers[0]?.handle(async (delta) => {
          await systemClock.sleep(1);
          const id = `${delta.entry.key.namespace}/${delta.entry.key.name}`;
          if (delta.type === 'deleted') slow.delete(id);
          else slow.set(id, lineOf(delta.entry.mutable()));
          told();
        });
        let state = 12345;
        const random = (n: number): number => (state = (state * 1103515245 + 12345) % 2147483648) % n;
        const faults = [
          { type: 'drop', afterEvents: 3 },
          { type: 'truncate', afterEvents: 2 },
          { type: 'end-watch', afterEvents: 4 },
          { type: 'watch-error', code: 410, afterEvents: 2 },
          { type: 'status', code: 500 },
          { type: 'status', code: 429, retryAfterSeconds: 0 },
          { type: 'status', code: 410 },
          { type: 'stall', afterEvents: 2 },
          { type: 'drop' },
        ] as const;
        for (let i = 0; i < 300; i += 1) {
          const name = `note-${random(40)}`;
          const namespace = random(3) === 0 ? 'two' : 'one';
          if (random(10) === 0)
            world.api.faults.add(faults[random(faults.length)] ?? { type: 'drop' }, {
              verb: ['list', 'watch'],
              resource: 'notes',
              times: 1,
            });
          if (random(4) === 0) await world.notes.delete(name, { namespace }).catch(() => undefined);
          else await world.notes.apply(world.note(name, `text ${i}`, namespace), { fieldManager: 'churn', force: true });
        }
        world.api.faults.clear();
        const last = await world.notes.create(world.note('the-last', 'the last'));
        for (const informer of informers) await informer.waitFor(last.receipt, { deadlineMs: 20_000 });
        expect(held(informers[0] as never)).toEqual(await world.truth());
        expect(held(informers[1] as never)).toEqual(await world.truth('one'));
        const truth = (await world.truth()).sort();
        while ([...slow.values()].sort().join() !== truth.join()) await new Promise<void>((resolve) => (told = resolve));
      },
      60_000,
    );
  });
}
