import { Redis } from 'ioredis';
import { expect, test } from 'vitest';
import { createLoader, createValuePublisher, syncWanted, type ObjectSource, type SourceChange, type Wanted } from '../index.ts';
import { startRespServer } from '../testing/index.ts';

/** A kind that has nothing to do with apps and models: a price list with regions, versioned as a whole. */
interface PriceList {
  readonly spec: { readonly revision: number; readonly regions: readonly string[] };
}

class Objects<T> implements ObjectSource<T> {
  #handler: ((change: SourceChange<T>) => void) | undefined;
  handle(handler: (change: SourceChange<T>) => void): Disposable {
    this.#handler = handler;
    return { [Symbol.dispose]: () => void (this.#handler = undefined) };
  }
  tell(type: SourceChange<T>['type'], name: string, value: T): void {
    this.#handler?.({ type, entry: { key: { cluster: 'c', namespace: 'shop', name }, value: value as SourceChange<T>['entry']['value'] } });
  }
}

test('another kind of resource with another shape is kept in step by the same loader', async () => {
  const server = await startRespServer();
  const client = new Redis(server.port, server.host);
  const template = { keyTemplate: 'prices/{namespace}/{region}/{app}', keyEncoding: 'injective' } as const;
  const publisher = createValuePublisher({ redis: server.url, ...template });
  const loader = createLoader<{ readonly eur: number }>({
    redis: server.url,
    ...template,
    decode: (payload) => payload as { eur: number },
  });
  const lists = new Objects<PriceList>();
  const wantedOf = (
    list: { readonly spec: { readonly revision: number; readonly regions: readonly string[] } },
    key: { readonly namespace: string; readonly name: string },
  ): Wanted[] =>
    list.spec.regions.map((region) => ({
      id: `${key.name}/${region}`,
      version: `r${list.spec.revision}`,
      owner: { namespace: key.namespace, app: key.name, model: region },
      fields: { region },
    }));
  const sync = syncWanted(lists, loader, wantedOf);
  try {
    for (const region of ['eu', '__proto__']) {
      await publisher.publish({ namespace: 'shop', app: 'summer', model: region, version: 'r1', payload: { eur: 1 }, fields: { region } });
    }
    lists.tell('added', 'summer', { spec: { revision: 1, regions: ['eu', '__proto__'] } });
    await loader.settled();
    expect(loader.get('summer/eu')).toMatchObject({ state: 'current', version: 'r1', payload: { eur: 1 } });
    expect(loader.get('summer/__proto__')).toMatchObject({ state: 'current' });

    await publisher.publish({
      namespace: 'shop',
      app: 'summer',
      model: 'eu',
      version: 'r2',
      payload: { eur: 2 },
      fields: { region: 'eu' },
    });
    lists.tell('updated', 'summer', { spec: { revision: 2, regions: ['eu'] } });
    await loader.settled();
    expect(loader.get('summer/eu')).toMatchObject({ state: 'current', version: 'r2', payload: { eur: 2 } });
    expect(loader.get('summer/__proto__')).toBeUndefined();

    lists.tell('deleted', 'summer', { spec: { revision: 2, regions: ['eu'] } });
    expect(loader.get('summer/eu')).toBeUndefined();
    expect(await client.exists('prices/shop/eu/summer')).toBe(1);
  } finally {
    sync[Symbol.dispose]();
    client.disconnect();
    await Promise.all([loader.close(), publisher.close()]);
    await server.close();
  }
});

test('an id that moved to another object is not forgotten when the first one leaves', () => {
  const objects = new Objects<readonly string[]>();
  const wants = new Set<string>();
  const wantedOf = (ids: readonly string[]): Wanted[] =>
    ids.map((id) => ({ id, version: '1', owner: { namespace: '', app: '', model: id } }));
  syncWanted(objects, { want: ({ id }) => wants.add(id), forget: (id) => wants.delete(id) }, wantedOf);
  objects.tell('added', 'a', ['x', 'y']);
  objects.tell('added', 'b', ['x']);
  objects.tell('deleted', 'a', ['x', 'y']);
  expect([...wants]).toEqual(['x']);
  objects.tell('updated', 'b', []);
  expect([...wants]).toEqual([]);
});
