import { Redis } from 'ioredis';
import { formatEnvelope, type Owner } from '../values/envelope.ts';
import { createLoader } from '../loader/create-loader.ts';

/** One run: how long every value took to be in memory, and what it cost this process. */
export interface WarmRun {
  readonly seconds: number;
  readonly cpuSeconds: number;
  readonly commands: number;
  /** Commands that wanting the same again and a resync then caused. */
  readonly resyncCommands: number;
}

const owner = (index: number): Owner => ({ namespace: 'bench', app: `app${index % 100}`, model: `model${index}` });
const key = (index: number): string => `app${index % 100}_model${index}`;

/** Writes `count` envelopes of about `bytes` bytes each, for the runs to load. */
export async function fillForWarmRuns(url: string, count: number, bytes: number = 1024): Promise<void> {
  const client = new Redis(url);
  const fields = Array.from({ length: 16 }, (_, index) => ({ name: `field${index}`, index }));
  const title = 'x'.repeat(Math.max(0, bytes - 800));
  for (let from = 0; from < count; from += 1000) {
    const pairs: string[] = [];
    for (let index = from; index < Math.min(count, from + 1000); index += 1) {
      pairs.push(key(index), formatEnvelope({ ...owner(index), version: '1', number: 1, payload: { title, fields } }));
    }
    await client.mset(...pairs);
  }
  client.disconnect();
}

async function measure(run: () => Promise<void>): Promise<{ readonly seconds: number; readonly cpuSeconds: number }> {
  const cpu = process.cpuUsage();
  const start = performance.now();
  await run();
  const { user, system } = process.cpuUsage(cpu);
  return { seconds: (performance.now() - start) / 1000, cpuSeconds: (user + system) / 1e6 };
}

/** What somebody would write by hand: MGET after MGET into a Map; `parse` them, or leave them as text. */
export async function warmByHand(
  url: string,
  count: number,
  options: { readonly batch?: number; readonly parse?: boolean } = {},
): Promise<WarmRun> {
  const batch = options.batch ?? 128;
  const client = new Redis(url, { lazyConnect: true });
  await client.connect();
  const values = new Map<string, unknown>();
  let commands = 0;
  const times = await measure(async () => {
    for (let from = 0; from < count; from += batch) {
      const keys = Array.from({ length: Math.min(batch, count - from) }, (_, offset) => key(from + offset));
      commands += 1;
      for (const [index, text] of (await client.mget(keys)).entries())
        values.set(keys[index] as string, options.parse === true ? JSON.parse(text ?? 'null') : text);
    }
  });
  client.disconnect();
  if (values.size !== count) throw new Error(`the hand-written loop holds ${values.size} of ${count} values`);
  return { ...times, commands, resyncCommands: 0 };
}

/** The loader: the same keys, versions compared, digests checked, in memory and current. */
export async function warmByLoader(url: string, count: number): Promise<WarmRun> {
  const loader = createLoader({ redis: url });
  const ready = Promise.withResolvers<void>();
  const probe = createLoader({ redis: url, onStatus: ({ state }) => state === 'ready' && ready.resolve() });
  probe.start(); // The hand-written loop is connected before its clock starts, too; modules are warm after this.
  await ready.promise;
  await probe.close();
  const want = (): void => {
    for (let index = 0; index < count; index += 1) loader.want({ id: key(index), version: '1', owner: owner(index) });
  };
  const times = await measure(async () => {
    want();
    await loader.settled();
  });
  const { commands, satisfied } = loader.counters;
  want();
  loader.resync();
  await loader.settled();
  const resyncCommands = loader.counters.commands - commands;
  const last = loader.get(key(count - 1))?.state;
  await loader.close();
  if (satisfied !== count || last !== 'current')
    throw new Error(`the loader holds ${satisfied} of ${count} values; the last one is ${last}`);
  return { ...times, commands, resyncCommands };
}
