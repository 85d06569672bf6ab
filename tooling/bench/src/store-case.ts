import * as fs from 'node:fs/promises';
import { availableParallelism, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { compareResourceVersions, createObjectStore, loadStore, nodeFileSystem, parseLabelSelector, saveStore } from '@kubecast/store';
import type { Key, ScopeId } from '@kubecast/store';

interface App {
  metadata: { name: string; namespace: string; labels: Record<string, string> };
  spec: { app: string };
}

const { values } = parseArgs({ options: { entries: { type: 'string', default: '100000' } } });
const N = Number(values.entries);
const NAMESPACES = 50;
const encoder = new TextEncoder();
const collect = (globalThis as { gc?: () => void }).gc ?? (() => undefined);

/** Some 1.05 KB on the wire, of which some 755 B are kept. */
function wire(i: number, version: number): Uint8Array {
  const models = Array.from({ length: 5 }, (_, m) => ({ name: `app-${i}_model${m}`, type: 'dataservice', version: `v-${version}` }));
  return encoder.encode(
    JSON.stringify({
      apiVersion: 'iidp.com/v1',
      kind: 'AppModel',
      metadata: {
        annotations: { 'example.com/note': 'x'.repeat(90) },
        creationTimestamp: '2026-01-02T03:04:05Z',
        generation: 1,
        labels: { app: `app-${i}`, iidp: 'iidp' },
        managedFields: [
          {
            apiVersion: 'iidp.com/v1',
            fieldsType: 'FieldsV1',
            fieldsV1: { 'f:spec': { 'f:app': {}, 'f:models': {} } },
            manager: 'appmodels-manager',
            operation: 'Apply',
            time: '2026-01-02T03:04:05Z',
          },
        ],
        name: `app-${i}`,
        namespace: `ns-${i % NAMESPACES}`,
        resourceVersion: String(1000 + i + version * N),
        uid: `0f8fad5b-d9cb-469f-a165-${String(i).padStart(12, '0')}`,
      },
      spec: { app: `app-${i}`, models, version: `v-${version}` },
    }),
  );
}

const heap = (): number => {
  collect();
  collect();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
};

/** CPU seconds, which other work on the machine changes less than time. */
function cpu(run: () => void): number {
  const before = process.cpuUsage();
  run();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1e6;
}

/** Operations per CPU second, the median of five. */
function rate(operations: number, run: () => void): number {
  const rates = Array.from({ length: 5 }, () => operations / cpu(run)).sort((a, b) => a - b);
  return Math.round(rates[2] as number);
}

function percentiles(count: number, run: (i: number) => void): { p50: number; p99: number; max: number } {
  const times = new Float64Array(count);
  for (let i = 0; i < count; i += 1) {
    const start = performance.now();
    run(i);
    times[i] = (performance.now() - start) * 1000;
  }
  times.sort();
  const at = (part: number): number => Math.round((times[Math.min(count - 1, Math.floor(count * part))] as number) * 100) / 100;
  return { p50: at(0.5), p99: at(0.99), max: at(1) };
}

const records = Array.from({ length: N }, (_, i) => wire(i, 1));
const keys: Key[] = records.map((_, i) => ({ cluster: '', namespace: `ns-${i % NAMESPACES}`, name: `app-${i}` }));
const options = { apiVersion: 'iidp.com/v1', kind: 'AppModel', compareVersions: compareResourceVersions, hotBytes: 64 * 1024 * 1024 };
const indexes = {
  namespace: (entry: { key: Key }) => [entry.key.namespace],
  app: (entry: { labels: Readonly<Record<string, string>> }) => [entry.labels['app'] ?? ''],
};

const decoder = new TextDecoder();
let base = heap();
const map = new Map<string, App>();
const mapPut = percentiles(N, (i) => {
  const object = JSON.parse(decoder.decode(records[i])) as App & { metadata: { managedFields?: unknown } };
  delete object.metadata.managedFields;
  map.set(`${object.metadata.namespace}/${object.metadata.name}`, object);
});
const mapBytes = heap() - base;

base = heap();
const store = createObjectStore<App>({ ...options, indexes });
const storePut = percentiles(N, (i) => store.put({ object: records[i] as Uint8Array }));
const storeBytes = heap() - base;
const kept = store.counters.recordBytes - 64 * N;

const relist = (): number => {
  const replacement = store.replace('' as ScopeId);
  for (const object of records) replacement.put({ object });
  return [...replacement.commit('1')].length;
};
const relistCpu = cpu(() => relist());
const afterRelist = heap() - base;

const hotKeys = keys.slice(0, Math.min(N, 10_000));
const cold = rate(hotKeys.length, () => {
  const fresh = keys.slice(-hotKeys.length);
  for (const key of fresh) store.view.entry(key)?.mutable();
});
for (let i = 0; i < 3; i += 1) for (const key of hotKeys) store.view.get(key);
const hot = rate(hotKeys.length * 10, () => {
  for (let i = 0; i < 10; i += 1) for (const key of hotKeys) store.view.get(key);
});
const mapHot = rate(hotKeys.length * 10, () => {
  for (let i = 0; i < 10; i += 1) for (const key of hotKeys) map.get(`${key.namespace}/${key.name}`);
});
const count = (entries: Iterable<unknown>): number => {
  let n = 0;
  for (const _ of entries) n += 1;
  return n;
};
const selector = parseLabelSelector('iidp=iidp');
const byLabel = rate(N, () => count(store.view.select({ labels: selector })));
const byIndex = rate(hotKeys.length, () => {
  for (const key of hotKeys) count(store.view.select({ index: { name: 'app', value: key.name } }));
});
const snapshotUs = percentiles(2000, () => store.view.snapshot()[Symbol.dispose]());

const folder = await fs.mkdtemp(join(tmpdir(), 'kubecast-bench-'));
const loads: number[] = [];
let saveMs = 0;
try {
  const files = nodeFileSystem(fs);
  const start = performance.now();
  await saveStore(store, files, join(folder, 'file'), { identity: 'bench', versions: new Map() });
  saveMs = performance.now() - start;
  for (let i = 0; i < 5; i += 1) {
    const begun = performance.now();
    const loaded = await loadStore<App>(options, files, join(folder, 'file'), 'bench');
    loaded?.store.view.get(keys[7] as Key);
    loads.push(performance.now() - begun);
  }
} finally {
  await fs.rm(folder, { recursive: true });
}
loads.sort((a, b) => a - b);
const round = (value: number): number => Math.round(value * 100) / 100;
console.log(
  JSON.stringify({
    entries: N,
    node: process.version,
    cpus: availableParallelism(),
    load: round(loadavg()[0] ?? 0),
    wireBytes: Math.round(records.reduce((sum, each) => sum + each.length, 0) / N),
    keptBytes: Math.round(kept / N),
    storeBytesPerEntry: Math.round(storeBytes / N),
    storeToKept: round(storeBytes / kept),
    afterRelistToKept: round(afterRelist / kept),
    mapBytesPerEntry: Math.round(mapBytes / N),
    putP50Us: storePut.p50,
    putP99Us: storePut.p99,
    putMaxUs: storePut.max,
    mapPutP50Us: mapPut.p50,
    mapPutP99Us: mapPut.p99,
    mapPutMaxUs: mapPut.max,
    relistCpuUsPerObject: round((relistCpu * 1e6) / N),
    hotReadsPerCpuSecond: hot,
    mapReadsPerCpuSecond: mapHot,
    hotToMap: round(hot / mapHot),
    coldReadsPerCpuSecond: cold,
    labelSelectEntriesPerCpuSecond: byLabel,
    indexSelectsPerCpuSecond: byIndex,
    snapshotP50Us: snapshotUs.p50,
    saveMs: round(saveMs),
    loadAndFirstReadMs: round(loads[2] as number),
  }),
);
