import type { KubernetesClient, ResourceClient, TableEvent } from '@kubecast/client';
import { appModel, type AppModel, configMapType } from '@kubecast/crd';
import { expect, test } from 'vitest';

/** A resource's metadata alone, and its table, as kubectl shows it. */
export function viewTests(client: () => KubernetesClient, inNewNamespace: () => Promise<string>): void {
  const model = (name: string): AppModel => ({
    metadata: { name },
    spec: { app: name, version: '1', models: [{ name: 'a', version: '1' }] },
  });
  const filled = async (names: readonly string[]): Promise<ResourceClient<AppModel>> => {
    const models = client().resource(appModel, { namespace: await inNewNamespace() });
    for (const name of names) await models.create(model(name));
    return models as unknown as ResourceClient<AppModel>;
  };

  test('the metadata of objects is got, listed page by page and watched without the objects', async () => {
    const models = await filled(['a', 'b', 'c']);
    const view = models.asMetadata();
    const one = await view.get('b');
    expect(one).toMatchObject({ kind: 'PartialObjectMetadata', apiVersion: 'meta.k8s.io/v1', metadata: { name: 'b' } });
    expect(one).not.toHaveProperty('spec');
    expect(one.metadata.uid).toBe((await models.get('b')).metadata.uid);
    const pages = [];
    for await (const page of view.pages({ limit: 2 })) pages.push(page.items);
    expect(pages.map((items) => items.map((item) => [item.kind, item.metadata.name, 'spec' in item]))).toEqual([
      [
        ['PartialObjectMetadata', 'a', false],
        ['PartialObjectMetadata', 'b', false],
      ],
      [['PartialObjectMetadata', 'c', false]],
    ]);
    const named = [];
    for await (const item of view.list({ fieldSelector: 'metadata.name=c' })) named.push(item.metadata.name);
    expect(named).toEqual(['c']);
    await models.patch('c', { metadata: { labels: { changed: 'yes' } } });
    for await (const event of view.watch({ resourceVersion: (await models.get('b')).metadata.resourceVersion ?? '' })) {
      if (event.type === 'BOOKMARK' || event.type === 'ADDED') continue;
      expect([event.type, event.object.kind, event.object.metadata.labels, 'spec' in event.object]).toEqual([
        'MODIFIED',
        'PartialObjectMetadata',
        { changed: 'yes' },
        false,
      ]);
      expect(event.resourceVersion).toBe(event.object.metadata.resourceVersion);
      break;
    }
  });

  test("an informer's source can be of the metadata alone", async () => {
    const models = await filled(['a', 'b']);
    const abort = new AbortController();
    const source = models.asMetadata().source();
    for await (const page of source.listPages({}, abort.signal))
      expect(page.items.map((item) => Object.keys(JSON.parse(new TextDecoder().decode(item)) as object).sort())).toEqual([
        ['apiVersion', 'kind', 'metadata'],
        ['apiVersion', 'kind', 'metadata'],
      ]);
    for await (const frames of source.watchFrames({}, abort.signal)) {
      expect(JSON.parse(new TextDecoder().decode(frames[0]?.object))).toMatchObject({ kind: 'PartialObjectMetadata' });
      break;
    }
  });

  test('a table has the columns of the kind and a row for each object, page by page, with as much of it as was asked for', async () => {
    const models = await filled(['a', 'b', 'c']);
    const whole = await models.asTable().get('a');
    expect(whole.columns[0]).toMatchObject({ name: 'Name', type: 'string', format: 'name', priority: 0 });
    expect(whole.rows[0]?.cells[0]).toBe('a');
    expect(whole.rows[0]?.object).toMatchObject({ kind: 'PartialObjectMetadata', metadata: { name: 'a' } });
    const pages = [];
    for await (const page of models.asTable({ includeObject: 'Object' }).pages({ limit: 2 })) pages.push(page);
    expect(pages.map((page) => [page.rows.length, page.more, page.remainingItemCount])).toEqual([
      [2, true, 1],
      [1, false, undefined],
    ]);
    expect(pages[1]?.rows[0]?.object.spec?.app).toBe('c');
    expect(pages[1]?.columns).toEqual(pages[0]?.columns);
    for await (const page of models.asTable({ includeObject: 'None' }).pages())
      expect(page.rows.map((row) => row.object)).toEqual([null, null, null]);
    const maps = client().resource(configMapType, { namespace: await inNewNamespace() });
    await maps.create({ metadata: { name: 'm' }, data: { one: '1', two: '2' } });
    const table = await maps.asTable().get('m');
    expect([table.columns.map((column) => column.name), table.rows[0]?.cells.slice(0, 2)]).toEqual([
      ['Name', 'Data', 'Age'],
      ['m', 2],
    ]);
  });

  test('each event of a watched table has its columns and its row', async () => {
    const models = await filled(['a']);
    const seen: TableEvent<unknown>[] = [];
    for await (const event of models.asTable().watch()) {
      if (event.type === 'BOOKMARK') continue;
      seen.push(event);
      if (seen.length === 1) await models.patch('a', { metadata: { labels: { changed: 'yes' } } });
      if (seen.length === 2) await models.delete('a');
      if (seen.length === 3) break;
    }
    expect(seen.map((event) => event.type)).toEqual(['ADDED', 'MODIFIED', 'DELETED']);
    for (const event of seen) {
      expect(event).toMatchObject({ row: { cells: expect.arrayContaining(['a']) as unknown, object: { kind: 'PartialObjectMetadata' } } });
      expect(event.type !== 'BOOKMARK' && event.columns[0]?.name).toBe('Name');
      expect(Number(event.resourceVersion)).toBeGreaterThan(0);
    }
  });

  test('a registered kind is known without asking the server; another is found by discovery', async () => {
    const before = client().discovery.counters;
    const undo = client().kinds.register({ group: 'iidp.com', version: 'v1', kind: 'AppModel', plural: 'others', scope: 'Namespaced' });
    expect(client().kinds.find({ apiVersion: 'iidp.com/v1', kind: 'AppModel' })?.plural).toBe('others');
    expect(() => client().kinds.register(appModel)).toThrow(/is registered as others/);
    expect((await client().kinds.resolve({ apiVersion: 'iidp.com/v1', kind: 'AppModel' })).plural).toBe('others');
    expect(client().discovery.counters).toEqual(before);
    undo[Symbol.dispose]();
    expect(client().kinds.find({ apiVersion: 'iidp.com/v1', kind: 'AppModel' })?.plural).not.toBe('others');
    expect((await client().kinds.resolve({ apiVersion: 'iidp.com/v1', kind: 'AppModel' })).plural).toBe('appmodels');
    const lease = await client().kinds.resolve({ apiVersion: 'coordination.k8s.io/v1', kind: 'Lease' });
    expect([lease.plural, lease.scope]).toEqual(['leases', 'Namespaced']);
    expect(client().kinds.find({ apiVersion: 'coordination.k8s.io/v1', kind: 'Lease' })).toBe(lease);
    await expect(client().kinds.resolve({ apiVersion: 'nowhere.example/v1', kind: 'Nothing' })).rejects.toMatchObject({
      code: 'CLIENT_DISCOVERY',
    });
  });
}
