/**
 * A million requests for objects of 1 KB on one of three kinds of map: parsed objects, packed bytes that each read parses, and packed bytes of which what is read
 * often stays parsed. Nine reads to one write, keys by Zipf 0.9.
 */
import { appModel, nameOf, namespaceOf } from '../app-models.ts';
import { peerOf } from '../store/peers.ts';
import { settle } from '../sync/measure.ts';
import { observeCollections } from './collections.ts';
import { zipf } from '@kubecast/concurrent-map/testing';
import { randomFractions, randomNumbers } from './requests.ts';
import { SingleTimes } from './single-times.ts';

const [who = ''] = process.argv.slice(2);
const operations = Number(process.env['BENCH_OBJECTS']);
const objects = Math.ceil(operations / 50);
const { gc = () => undefined } = globalThis as { gc?: () => void };
const peer = await peerOf(who);
const DIGITS = 10;

/** An object's bytes, in which only the version is written anew: making them leaves no garbage that would be counted. */
const wires = Array.from({ length: objects }, (_, i) => {
  const object = appModel(i) as { metadata: Record<string, unknown> };
  object.metadata['resourceVersion'] = '0'.repeat(DIGITS);
  const bytes = Buffer.from(JSON.stringify(object));
  return { bytes, at: bytes.indexOf('"resourceVersion":"') + '"resourceVersion":"'.length };
});
let version = 10 ** (DIGITS - 1);
const wire = (i: number): Uint8Array => {
  const { bytes, at } = wires[i] as (typeof wires)[number];
  version += 1;
  bytes.write(String(version), at, DIGITS, 'latin1');
  return bytes;
};
const memory = (): number => {
  gc();
  gc();
  const { heapUsed, arrayBuffers, external } = process.memoryUsage();
  return heapUsed + Math.max(arrayBuffers, external);
};

const next = randomNumbers(11);
const popular = zipf(objects, 0.9, randomFractions(next));
// Which objects are the popular ones must not be their order of coming.
const order = Uint32Array.from({ length: objects }, (_, i) => i);
for (let i = objects - 1; i > 0; i -= 1) {
  const j = next() % (i + 1);
  [order[i], order[j]] = [order[j] as number, order[i] as number];
}
const requests = Int32Array.from({ length: operations }, () => {
  const object = order[popular()] as number;
  return next() % 10 === 0 ? ~object : object;
});
const empty = memory();
for (let i = 0; i < objects; i += 1) await peer.put(i, wire(i));
const times = new SingleTimes(operations);
let found = 0;
for (let i = 0; i < operations / 10; i += 1) void peer.read(Math.max(requests[i] as number, 0));
const collections = observeCollections();
const cpu = process.cpuUsage();
for (const request of requests) {
  const bytes = request < 0 ? wire(~request) : undefined;
  const start = performance.now();
  if (bytes) void peer.put(~request, bytes);
  else if (peer.read(request) !== undefined) found += 1;
  times.add(performance.now() - start);
}
const { user, system } = process.cpuUsage(cpu);
const { count, totalMs, longestMs } = await collections.end();
const heapMB = (memory() - empty) / 1024 / 1024;
if (found < operations * 0.85) throw new Error(`${who} found ${found} of ${operations}, the first ${namespaceOf(0)}/${nameOf(0)}`);
console.log(
  JSON.stringify({
    meanUs: (1000 * times.sumMs()) / operations,
    p99Us: times.percentileUs(0.99),
    collections: count,
    collectionMs: totalMs,
    longestCollectionMs: longestMs,
    heldMB: heapMB,
    cpuSeconds: (user + system) / 1e6,
  }),
);
await peer.close();
await settle();
