import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { compareResourceVersions, createObjectStore, parseLabelSelector, type Key } from '@kubecast/store';
import type { BenchAppModel } from '../app-models.ts';
import { nameOf, namespaceOf, type Peer } from './things.ts';

const decoder = new TextDecoder();
type Stored = BenchAppModel & { metadata: { managedFields?: unknown; labels?: Readonly<Record<string, string>> } };

function parsed(bytes: Uint8Array): Stored {
  const object = JSON.parse(decoder.decode(bytes)) as Stored;
  delete object.metadata.managedFields;
  return object;
}

/** What everybody writes first: a Map of parsed objects, with a Set for each value of the index. */
function plainMap(): Peer {
  const map = new Map<string, Stored>();
  const byNamespace = new Map<string, Set<string>>();
  return {
    put(_i, bytes) {
      const object = parsed(bytes);
      const key = `${object.metadata.namespace}/${object.metadata.name}`;
      map.set(key, object);
      let set = byNamespace.get(object.metadata.namespace);
      if (!set) byNamespace.set(object.metadata.namespace, (set = new Set()));
      set.add(key);
    },
    read: (i) => map.get(`${namespaceOf(i)}/${nameOf(i)}`)?.spec.app,
    byIndex(namespace) {
      let count = 0;
      for (const key of byNamespace.get(namespace) ?? []) if (map.get(key) !== undefined) count += 1;
      return count;
    },
    byLabel() {
      let count = 0;
      for (const object of map.values()) if (object.metadata.labels?.['iidp'] === 'iidp') count += 1;
      return count;
    },
    close: () => map.clear(),
  };
}

function kubecast(shared: boolean, hotBytes: number = 128 * 1024 * 1024): Peer {
  const store = createObjectStore<BenchAppModel>({
    apiVersion: 'iidp.com/v1',
    kind: 'AppModel',
    compareVersions: compareResourceVersions,
    hotBytes,
    indexes: { namespace: (entry) => [entry.key.namespace] },
    ...(shared ? { shared: true } : {}),
  });
  const selector = parseLabelSelector('iidp=iidp');
  const key = (i: number): Key => ({ cluster: '', namespace: namespaceOf(i), name: nameOf(i) });
  const count = (entries: Iterable<unknown>): number => {
    let n = 0;
    for (const _ of entries) n += 1;
    return n;
  };
  return {
    put: (_i, object) => void store.put({ object }),
    read: (i) => store.view.get(key(i))?.spec.app,
    byIndex: (namespace) => count(store.view.select({ index: { name: 'namespace', value: namespace } })),
    byLabel: () => count(store.view.select({ labels: selector })),
    snapshot: () => store.view.snapshot()[Symbol.dispose](),
    close: () => undefined,
  };
}

async function lmdb(): Promise<Peer> {
  const { open } = await import('lmdb');
  const folder = mkdtempSync(join(tmpdir(), 'kubecast-lmdb-'));
  const database = open<Stored, string>({ path: join(folder, 'data'), encoding: 'msgpack', noSync: true, mapSize: 8 * 1024 ** 3 });
  return {
    put: (i, bytes) => void database.put(`${namespaceOf(i)}/${nameOf(i)}`, parsed(bytes)),
    read: (i) => database.get(`${namespaceOf(i)}/${nameOf(i)}`)?.spec.app,
    flush: async () => void (await database.flushed),
    async close() {
      await database.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function classicLevel(): Promise<Peer> {
  const { ClassicLevel } = await import('classic-level');
  const folder = mkdtempSync(join(tmpdir(), 'kubecast-level-'));
  const database = new ClassicLevel<string, Stored>(folder, { valueEncoding: 'json' });
  await database.open();
  return {
    put: (i, bytes) => database.put(`${namespaceOf(i)}/${nameOf(i)}`, parsed(bytes)),
    read: async (i) => (await database.get(`${namespaceOf(i)}/${nameOf(i)}`))?.spec.app,
    async close() {
      await database.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

export async function peerOf(who: string): Promise<Peer> {
  switch (who) {
    case 'map':
      return plainMap();
    case 'kubecast':
      return kubecast(false);
    case 'kubecast-packed':
      return kubecast(false, 0);
    case 'kubecast-hybrid':
      return kubecast(false, 8 * 1024 * 1024);
    case 'kubecast-shared':
      return kubecast(true);
    case 'lmdb':
      return lmdb();
    case 'classic-level':
      return classicLevel();
    default:
      throw new Error(`there is no store ${who}`);
  }
}
