import { parentPort, workerData } from 'node:worker_threads';
import { attach, IterationExpired, type Entry, type StoreHandle } from '@kubecast/store';
import {
  EXPIRED,
  FAULTS,
  FLEETING,
  GETS,
  GROUP,
  keyOf,
  LASTING,
  POINTS,
  READER,
  READER_WORDS,
  SELECTS,
  STOP,
  textOf,
  UNLEASED,
  type Proven,
} from './shared-things.ts';

interface Orders {
  readonly flags: SharedArrayBuffer;
  readonly handle: StoreHandle;
  readonly number: number;
  readonly objects: number;
}

const { flags: buffer, handle, number, objects } = workerData as Orders;
const flags = new Int32Array(buffer);
const mine = READER + number * READER_WORDS;
const view = attach<Proven>(handle, { hotBytes: 8 << 20 });
const seen = new Map<number, number>();
const absent = new Set<number>();
const faults: string[] = [];
let state = number + 1;
const random = (below: number): number => {
  state = (Math.imul(state, 1_103_515_245) + 12_345) | 0;
  return (state >>> 4) % below;
};
const fault = (text: string): void => {
  if (faults.length < 10) faults.push(text);
  Atomics.add(flags, mine + FAULTS, 1);
};

function whole(id: number, value: { readonly spec: Proven['spec'] }, name: string): void {
  const { spec } = value;
  if (spec.id !== id || name !== keyOf(id).name) fault(`torn: asked for ${id}, got ${spec.id} as ${name}`);
  else if (spec.text !== textOf(id, spec.version)) fault(`torn: ${id} at ${spec.version}`);
}

function point(id: number): void {
  const lasting = id < (flags[LASTING] as number);
  const value = view.get(keyOf(id));
  Atomics.add(flags, mine + GETS, 1);
  if (!value) {
    if (lasting) fault(`lost: ${id}`);
    else absent.add(id);
    return;
  }
  whole(id, value, keyOf(id).name);
  const before = seen.get(id) ?? 0;
  if (value.spec.version < before) fault(`went back: ${id} from ${before} to ${value.spec.version}`);
  if (absent.delete(id) && value.spec.version <= before) fault(`resurrected: ${id} at ${value.spec.version}`);
  seen.set(id, value.spec.version);
}

function walk(entries: Iterable<Entry<Proven>>, least: number, what: string): void {
  let last = '';
  let count = 0;
  let group = 0;
  for (const entry of entries) {
    const { key, value } = entry;
    whole(value.spec.id, value, key.name);
    const path = `${key.namespace}/${key.name}`;
    if (path <= last) fault(`${what}: ${path} after ${last}`);
    last = path;
    if (value.spec.id < FLEETING) count += 1;
    if (key.namespace === 'group') {
      if (group !== 0 && value.spec.version !== group) fault(`${what}: half a relist, ${group} beside ${value.spec.version}`);
      group = value.spec.version;
    }
  }
  if (count < least) fault(`${what}: lost ${least - count} of ${least}`);
  Atomics.add(flags, mine + SELECTS, 1);
}

// Not one turn of the event loop until it is told to stop.
while (flags[STOP] === 0) {
  for (let i = 0; i < 400; i += 1) {
    point(random(Math.max(1, flags[LASTING] as number)));
    if (i % 4 === 0) point(random(50));
    if (i % 8 === 0) point(FLEETING + random(objects >> 3));
  }
  Atomics.store(flags, mine + UNLEASED, flags[POINTS] as number);
  if (flags[POINTS] === 1) continue;
  try {
    const lasting = flags[LASTING] as number;
    const shelf = random(20);
    const onShelf = Math.floor((lasting - 1 - shelf) / 20) + 1;
    walk(view.select({ index: { name: 'shelf', value: `s-${shelf}` } }), onShelf, 'shelf');
    let grouped = 0;
    const counted = function* (): IterableIterator<Entry<Proven>> {
      for (const entry of view.select({ cluster: '', namespace: 'group' })) {
        grouped += 1;
        yield entry;
      }
    };
    walk(counted(), 0, 'group');
    if (grouped !== GROUP) fault(`group: ${grouped} of ${GROUP}`);
    if (random(10) === 0) walk(view.select(), lasting, 'all');
  } catch (error) {
    if (!(error instanceof IterationExpired)) fault(String(error));
    else Atomics.add(flags, mine + EXPIRED, 1);
  }
}
parentPort?.postMessage({ faults, counters: { ...view.counters } });
