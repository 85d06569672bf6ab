import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chmod, chown, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterEach, expect, test } from 'vitest';
import { StatefulMap, type StateRecord } from '../index.ts';
import { DurableHeldError, DurableMap, durableStates } from './index.ts';

const children: ChildProcess[] = [];
const folders: string[] = [];

afterEach(async () => {
  for (const child of children.splice(0))
    if (child.exitCode === null && child.signalCode === null) {
      child.kill('SIGKILL');
      await once(child, 'close');
    }
  for (const folder of folders.splice(0)) {
    await chmod(folder, 0o700);
    await rm(folder, { recursive: true, force: true });
  }
});

async function folder(): Promise<string> {
  const made = await mkdtemp(join(tmpdir(), 'kubecast-disk-'));
  folders.push(made);
  return made;
}

const level = JSON.stringify(new URL('./index.ts', import.meta.url).href);
const maps = JSON.stringify(new URL('../index.ts', import.meta.url).href);

interface Child {
  readonly process: ChildProcess;
  /** The next line that it writes; undefined: there is none any more. */
  line(): Promise<string | undefined>;
  kill(): Promise<void>;
}

/** A process that runs a program, which reads its orders as `orders` and tells by `tell`. */
function start(program: string, place: string, options: { readonly nobody?: boolean } = {}): Child {
  const whole = `
    import { DurableMap, durableStates } from ${level};
    import { StatefulMap } from ${maps};
    import { execFileSync } from 'node:child_process';
    import { writeSync } from 'node:fs';
    import { createInterface } from 'node:readline';
    const place = ${JSON.stringify(place)};
    const orders = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
    // How long a file may become: a write beyond fails as one to a full disk does.
    const room = (bytes) => void execFileSync('prlimit', ['--pid', String(process.pid), '--fsize=' + bytes]);
    const tell = (line) => writeSync(1, line + '\\n');
    ${program}`;
  const child = spawn(process.execPath, ['--conditions=@kubecast/source', '--input-type=module', '-e', whole], {
    stdio: ['pipe', 'pipe', 'inherit'],
    ...(options.nobody === true && process.getuid?.() === 0 ? { uid: 65_534, gid: 65_534 } : {}),
  });
  children.push(child);
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  return {
    process: child,
    line: async () => {
      const { value, done } = await lines.next();
      return done === true ? undefined : value;
    },
    kill: async () => {
      const closed = once(child, 'close');
      child.kill('SIGKILL');
      await closed;
    },
  };
}

/** What the write with a sequence does, known to the process that is killed and to the one that looks: every fifth is a removal where something is. */
const deed = `
  const keyOf = (sequence) => 'k' + ((Math.imul(sequence, 0x9e3779b1) >>> 0) % 40);
  const write = (map, sequence) => {
    const key = keyOf(sequence);
    if (sequence % 5 === 0 && map.has(key)) map.delete(key);
    else map.set(key, { at: sequence, text: 'x'.repeat(sequence % 300) });
  };`;

// oxlint-disable-next-line typescript/no-implied-eval -- the very text that the other process runs
const write = new Function(`${deed}; return write;`)() as (
  map: Pick<Map<string, unknown>, 'has' | 'delete' | 'set'>,
  sequence: number,
) => void;

/** What a map holds after so many writes. */
class Model {
  readonly map = new Map<string, unknown>();
  #sequence = 0;

  to(sequence: number): ReadonlyMap<string, unknown> {
    while (this.#sequence < sequence) write(this.map, (this.#sequence += 1));
    return this.map;
  }
}

const KILLS = Number(process.env['KUBECAST_KILLS'] ?? 60);
const MAPS = 3;

test(`a process that is killed at ${KILLS} random instants loses nothing that was acknowledged, and nothing of the rest is half there`, async () => {
  const place = await folder();
  const program = `
    ${deed}
    tell('ready');
    await orders.next();
    await Promise.all([...Array(${MAPS}).keys()].map(async (number) => {
      const map = await DurableMap.open(place + '/' + number);
      for (;;) {
        const burst = 1 + Math.floor(Math.random() * 20);
        for (let each = 0; each < burst; each += 1) write(map, map.sequence + 1);
        const sequence = map.sequence;
        await map.flushed(sequence);
        tell(number + ' ' + sequence);
      }
    }));`;
  const models = Array.from({ length: MAPS }, () => new Model());
  const acknowledged = Array.from({ length: MAPS }, () => 0);
  let amid = 0;
  let next = start(program, place);
  for (let kill = 0; kill < KILLS; kill += 1) {
    const child = next;
    expect(await child.line()).toBe('ready');
    const first = Promise.withResolvers<void>();
    const lines = (async () => {
      for (let line = await child.line(); line !== undefined; line = await child.line()) {
        const [number = 0, sequence = 0] = line.split(' ').map(Number);
        acknowledged[number] = Math.max(acknowledged[number] as number, sequence);
        first.resolve();
      }
    })();
    child.process.stdin?.write('go\n');
    // A third is killed while it opens, the others while they write.
    if (kill % 3 > 0) await Promise.race([first.promise, once(child.process, 'close')]);
    await new Promise((resolve) => setTimeout(resolve, Math.random() * 40));
    await child.kill();
    await lines;
    next = start(program, place);
    for (let number = 0; number < MAPS; number += 1) {
      const map = await DurableMap.open<unknown>(join(place, String(number)));
      expect([kill, number, map.sequence >= (acknowledged[number] as number)]).toEqual([kill, number, true]);
      if (map.sequence > (acknowledged[number] as number)) amid += 1;
      expect([kill, number, new Map(map)]).toEqual([kill, number, (models[number] as Model).to(map.sequence)]);
      acknowledged[number] = map.sequence;
      await map.close();
    }
  }
  await next.kill();
  expect(Math.max(...acknowledged)).toBeGreaterThan(KILLS);
  console.log(
    `${KILLS} kills of a process with ${MAPS} maps: ${acknowledged.join(', ')} writes; ${amid} times more was there than was acknowledged`,
  );
});

test('a disk that refuses to write: flushed() rejects and names what is not durable, and all of it is written when there is room again', async () => {
  for (const ending of ['room', 'kill']) {
    const place = join(await folder(), 'map');
    const child = start(
      `
      ${deed}
      const map = await DurableMap.open(place, { name: 'states' });
      for (let each = 0; each < 300; each += 1) write(map, map.sequence + 1);
      await map.flushed();
      const acknowledged = map.sequence;
      room('3000:');
      for (let each = 0; each < 50; each += 1) write(map, map.sequence + 1);
      const failure = await map.flushed().then(() => undefined, (error) => error);
      const { name, code, from, to, folder, message } = failure;
      tell(JSON.stringify({ acknowledged, sequence: map.sequence, durable: map.durable, name, code, from, to, folder, message, kept: map.failure === failure }));
      // It stays so for as long as there is no room, and the map goes on in memory.
      for (let each = 0; each < 3; each += 1) write(map, map.sequence + 1);
      const again = await map.flushed().then(() => undefined, (error) => error);
      tell(JSON.stringify({ code: again?.code, from: again?.from, to: again?.to, sequence: map.sequence, durable: map.durable, failures: map.counters.failures }));
      await map.flushed(acknowledged);
      await orders.next();
      room('unlimited');
      await map.flushed();
      tell(JSON.stringify({ durable: map.durable, sequence: map.sequence, failure: map.failure }));
      write(map, map.sequence + 1);
      await map.close();
      tell('closed');`,
      place,
    );
    const first = JSON.parse((await child.line()) as string) as Record<string, unknown>;
    const acknowledged = first['acknowledged'] as number;
    expect(first).toMatchObject({
      durable: acknowledged,
      sequence: acknowledged + 50,
      name: 'DurableWriteError',
      code: 'MAP_NOT_DURABLE',
      from: acknowledged + 1,
      to: acknowledged + 50,
      folder: place,
      kept: true,
    });
    expect(first['message']).toMatch(/"states" could not write to .*\/map: .*File too large; the writes \d+ to \d+ are not durable/);
    const second = JSON.parse((await child.line()) as string) as Record<string, unknown>;
    expect(second).toEqual({
      code: 'MAP_NOT_DURABLE',
      from: acknowledged + 1,
      to: acknowledged + 53,
      sequence: acknowledged + 53,
      durable: acknowledged,
      failures: 2,
    });
    if (ending === 'kill') await child.kill();
    else {
      child.process.stdin?.write('room\n');
      expect(JSON.parse((await child.line()) as string)).toEqual({ durable: acknowledged + 53, sequence: acknowledged + 53 });
      expect(await child.line()).toBe('closed');
    }
    const map = await DurableMap.open<unknown>(place);
    expect(map.sequence).toBeGreaterThanOrEqual(ending === 'kill' ? acknowledged : acknowledged + 54);
    expect(new Map(map)).toEqual(new Model().to(map.sequence));
    await map.close();
  }
});

test('a map whose disk refuses to write is closed with an error, and its folder is free', async () => {
  const place = join(await folder(), 'map');
  const child = start(
    `
    const map = await DurableMap.open(place);
    room('3000:');
    map.set('a', 'x'.repeat(200_000));
    tell(await map.close().then(() => 'closed', (error) => error.code));
    tell(await map.flushed(1).then(() => 'durable', (error) => error.code));
    room('unlimited');
    const again = await DurableMap.open(place);
    tell(again.size + ' ' + again.sequence);
    await again.close();`,
    place,
  );
  expect(await child.line()).toBe('MAP_NOT_DURABLE');
  expect(await child.line()).toBe('MAP_CLOSED');
  expect(await child.line()).toBe('0 0');
});

test('a folder that may not be written is refused by its name, and what is in it stays', async () => {
  const place = await folder();
  const map = await DurableMap.open<number>(join(place, 'map'));
  map.set('a', 1);
  await map.close();
  const asNobody = `tell(await DurableMap.open(place).then(() => 'open', (error) => error.name + ' ' + error.code + ' ' + error.message));`;
  // Root may write anywhere; then the folder is given to somebody else, who looks.
  if (process.getuid?.() === 0)
    for (const entry of ['.', ...(await readdir(place, { recursive: true }))]) await chown(join(place, entry), 65_534, 65_534);
  for (const path of [join(place, 'map'), join(place, 'new')]) {
    await chmod(join(place, 'map'), 0o555);
    await chmod(place, 0o555);
    const said = await start(asNobody, path, { nobody: true }).line();
    expect(said).toMatch(/^DurableFolderError MAP_FOLDER the folder .* cannot hold a map: .*[Pp]ermission denied.*; give a folder/);
    expect(said).toContain(path);
    await chmod(place, 0o700);
    await chmod(join(place, 'map'), 0o700);
  }
  const again = await DurableMap.open<number>(join(place, 'map'));
  expect(again.get('a')).toBe(1);
  await again.close();
});

test('a folder that another process holds is refused, and is free as soon as that process is killed', async () => {
  const place = join(await folder(), 'map');
  const child = start(
    `const map = await DurableMap.open(place); map.set('a', 1); await map.flushed(); tell('held'); await orders.next(); map.get('a');`,
    place,
  );
  expect(await child.line()).toBe('held');
  await expect(DurableMap.open(place)).rejects.toThrow(DurableHeldError);
  await expect(DurableMap.open(place)).rejects.toThrow(place);
  await child.kill();
  const map = await DurableMap.open<number>(place);
  expect(map.get('a')).toBe(1);
  await map.close();
});

test('states are there after a kill, each with its UID and the version that it had, and a state that was not acknowledged is there or not', async () => {
  const place = join(await folder(), 'map');
  const program = `
    const states = await StatefulMap.open({ log: durableStates(await DurableMap.open(place)) });
    const tellState = (key, uid) => { const { state, version } = states.get(key, uid); tell(JSON.stringify({ key, uid, state, version })); };
    await states.set('n/gone', 'u0', { phase: 'Ready' }, undefined);
    for (let round = 0; ; round += 1)
      for (const key of ['n/a', 'n/b', 'n/c']) {
        const uid = key + '-uid-' + (round >> 2);
        await states.update(key, uid, (state) => ({ phase: 'Provisioning', round, before: state?.round ?? -1 }));
        tellState(key, uid);
        if (round === 0) await states.end('n/gone', 'u0');
      }`;
  let highest = 0;
  for (let kill = 0; kill < 5; kill += 1) {
    await rm(place, { recursive: true, force: true });
    const child = start(program, place);
    const told = new Map<string, { readonly uid: string; readonly state: unknown; readonly version: number }>();
    for (let lines = 0; lines < 5 + 7 * kill; lines += 1) {
      const { key, ...kept } = JSON.parse((await child.line()) as string) as { key: string; uid: string; state: unknown; version: number };
      told.set(key, kept);
      highest = kept.version;
    }
    await child.kill();
    const map = await DurableMap.open<StateRecord>(place);
    const states = await StatefulMap.open<{ readonly round: number }>({ log: durableStates(map) });
    expect([...states.keys()].map(({ key }) => key).sort()).toEqual(['n/a', 'n/b', 'n/c']);
    for (const { key, uid } of states.keys()) {
      const { state, version } = states.get(key, uid) as { state: { round: number }; version: number };
      const last = told.get(key) as { uid: string; version: number };
      if (version === last.version) expect({ uid, state, version }).toEqual(last);
      // Written after the last line that was read.
      else expect(version).toBeGreaterThan(last.version);
    }
    // A version that was given is not given again.
    const version = await states.set('n/new', 'u1', { round: 0 }, undefined);
    expect(version).toBeGreaterThan(highest);
    await map.close();
  }
});

test('when the disk refuses a state, the map goes on to show the one before, and that is what a restart finds', async () => {
  const place = join(await folder(), 'map');
  const child = start(
    `
    const map = await DurableMap.open(place);
    const states = await StatefulMap.open({ log: durableStates(map) });
    const version = await states.set('n/a', 'u1', { text: 'first' }, undefined);
    const large = 'x'.repeat(300_000);
    room('3000:');
    tell(await states.set('n/a', 'u1', { text: large }, version).then(() => 'kept', (error) => error.code));
    tell(await states.set('n/b', 'u2', { text: large }, undefined).then(() => 'kept', (error) => error.code));
    tell(await states.end('n/a', 'u1').then(() => 'ended', (error) => error.code));
    tell(JSON.stringify([states.get('n/a', 'u1'), states.get('n/b', 'u2') ?? null]));
    room('unlimited');
    await map.flushed();
    tell('flushed');
    await orders.next();
    await map.close();`,
    place,
  );
  for (let times = 0; times < 3; times += 1) expect(await child.line()).toBe('MAP_NOT_DURABLE');
  expect(JSON.parse((await child.line()) as string)).toEqual([{ state: { text: 'first' }, version: 1 }, null]);
  expect(await child.line()).toBe('flushed');
  await child.kill();
  const map = await DurableMap.open<StateRecord>(place);
  expect([...map]).toEqual([['n/a', { uid: 'u1', state: { text: 'first' } }]]);
  await map.close();
});
