import { createVirtualClock, type VirtualClock } from '@kubecast/clock/testing';
import type { AppModel, AppModelApply } from '@kubecast/crd';
import { createLoader, createValuePublisher, type Loader, type ValuePublisher } from '@kubecast/redis-loader';
import { startRespServer, type RespServer } from '@kubecast/redis-loader/testing';
import { expect, test } from 'vitest';
import { createPublisher } from './create-publisher.ts';
import { AppModelChangedError } from './publish-errors.ts';
import type { AppModelApi, ApplyOptions, Publisher } from './publisher.ts';

// Random schedules of publishers, crashes, replication and pods. More of them: KUBECAST_SCHEDULES=20000 npx vitest run src/publisher/versions-model.test.ts
const SCHEDULES = Number(process.env['KUBECAST_SCHEDULES'] ?? 200);
const FIRST_SEED = Number(process.env['KUBECAST_SEED'] ?? 250);
const models = ['m', 'n'];

/** Mulberry32: the same numbers for the same seed. */
function random(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) % below;
  };
}

/** The API server, as far as a publisher knows it. */
class Cluster {
  object: AppModel | undefined;
  #version = 10;

  apply(object: AppModelApply, { dryRun, expected }: ApplyOptions): Awaited<ReturnType<AppModelApi['apply']>> {
    const { uid = '', resourceVersion = '' } = this.object?.metadata ?? {};
    const isThat =
      expected === 'absent' ? this.object === undefined : expected === undefined || expected.resourceVersion === resourceVersion;
    if (!isThat) throw new AppModelChangedError('the object has been modified');
    const stored = structuredClone({ ...object, metadata: { ...object.metadata, uid: uid || 'u', resourceVersion: '' } }) as AppModel;
    if (!dryRun) {
      this.#version += 1;
      stored.metadata.resourceVersion = String(this.#version);
      this.object = stored;
    }
    const { name = '', namespace = '' } = stored.metadata;
    return {
      object: stored,
      receipt: { key: { cluster: '', namespace, name }, uid: 'u', version: stored.metadata.resourceVersion ?? '', gone: false },
    };
  }

  get announced(): ReadonlyMap<string, string> {
    return new Map((this.object?.spec?.models ?? []).map(({ name, version }) => [name, version]));
  }
}

/** A publisher that stops before each thing that it does to the outside. */
class Actor {
  readonly #publisher: Publisher;
  /** Several at once where values are written side by side. */
  #gates: (() => void)[] = [];
  #arrived = (): void => {};
  ended = true;
  crashed = false;
  /** It takes longer than a publisher may, from its values to its announcement: a crash on top of that is more than is promised. */
  stalled = false;

  constructor(cluster: Cluster, values: ValuePublisher, clock: VirtualClock) {
    const gate = (): Promise<void> =>
      new Promise((resolve) => {
        if (this.crashed) return; // Killed: nothing comes after.
        this.#gates.push(resolve);
        this.#arrived();
      });
    const stepped = Object.assign(Object.create(values) as ValuePublisher, {
      keyOf: values.keyOf.bind(values),
      look: (...args: Parameters<ValuePublisher['look']>) => values.look(...args),
      publishAll: (...args: Parameters<ValuePublisher['publishAll']>) => gate().then(() => values.publishAll(...args)),
      publish: (...args: Parameters<ValuePublisher['publish']>) => gate().then(() => values.publish(...args)),
      rollback: (...args: Parameters<ValuePublisher['rollback']>) => gate().then(() => values.rollback(...args)),
      holds: (...args: Parameters<ValuePublisher['holds']>) => gate().then(() => values.holds(...args)),
    });
    this.#publisher = createPublisher({
      appModels: {
        get: () => gate().then(() => structuredClone(cluster.object)),
        apply: (object, options) => gate().then(() => cluster.apply(object, options)),
      },
      values: stepped,
      namespace: 'n',
      clock,
    });
  }

  async begin(task: (publisher: Publisher) => Promise<unknown>): Promise<void> {
    this.ended = false;
    this.stalled = false;
    const next = new Promise<void>((resolve) => (this.#arrived = resolve));
    void task(this.#publisher)
      .catch(() => {}) // Refused, or told that another was faster: what stands then is what counts.
      .then(() => {
        this.ended = true;
        this.#arrived();
      });
    await next;
  }

  async next(): Promise<void> {
    const gates = this.#gates;
    if (gates.length === 0 || this.ended || this.crashed) return;
    this.#gates = [];
    const next = new Promise<void>((resolve) => (this.#arrived = resolve));
    for (const go of gates) go();
    await next;
  }

  crash(): void {
    if (!this.ended && !this.stalled) this.crashed = true;
  }
}

interface Pod {
  readonly loader: Loader;
  /** What its watch has told it. */
  wanted: ReadonlyMap<string, string>;
}

async function play(seed: number, primary: RespServer, replica: RespServer): Promise<void> {
  const pick = random(seed);
  primary.flushAll();
  replica.flushAll();
  const clock = createVirtualClock();
  const cluster = new Cluster();
  const values = createValuePublisher({ redis: primary.url, clock, versions: { count: 1 + pick(3), ageMs: 1_000_000 } });
  const actors = [new Actor(cluster, values, clock), new Actor(cluster, values, clock)];
  const pods: Pod[] = [];
  /** Version and model to the content that was ever served as it. */
  const served = new Map<string, string>();
  let crashes = 0;
  let published = 0;
  const log: string[] = [];
  const deliver = (pod: Pod): void => {
    pod.wanted = cluster.announced;
    for (const [model, version] of pod.wanted) pod.loader.want({ id: model, version, owner: { namespace: 'n', app: 'a', model } });
  };
  const start = (): Pod => {
    const redis = { redis: pick(2) === 0 ? primary.url : replica.url, ...(pick(2) === 0 ? { primary: primary.url } : {}) };
    // Half of the schedules have pods whose memory has room for one payload.
    const budget = seed % 2 === 0 ? {} : { payloadBytes: 250 };
    const pod: Pod = { loader: createLoader({ ...redis, ...budget, clock, tracking: false }), wanted: new Map() };
    pods.push(pod);
    deliver(pod);
    return pod;
  };
  const replicate = (): void => {
    for (const key of ['a_m', 'a_n'].flatMap((plain) => [
      plain,
      ...['1', '2', '3', '4', '5', '6'].map((version) => `${plain}@${version}{${plain}}`),
    ])) {
      const stored = primary.database(0).get(Buffer.from(key));
      if (stored === undefined) replica.database(0).delete(Buffer.from(key));
      else replica.database(0).set(Buffer.from(key), stored);
    }
  };
  const answered = async (): Promise<void> => {
    for (let turn = 0; turn < 200; turn += 1) {
      await clock.settle();
      if (pods.every(({ loader }) => loader.status.state === 'ready' && loader.counters.pending === 0)) return;
    }
  };
  const check = (): void => {
    for (const { loader, wanted } of pods)
      for (const [model, version] of wanted) {
        const held = loader.get(model);
        if (held?.state !== 'current') continue;
        expect(held.version, 'what is served as current is what is announced').toBe(version);
        if (held.evicted === true) continue;
        const payload = held.payload as { readonly version: string; readonly by: string };
        expect(payload.version, 'what is served as current is what is announced').toBe(version);
        const known = served.get(`${model}@${version}`) ?? payload.by;
        expect(payload.by, 'all pods serve the same content of a version').toBe(known);
        served.set(`${model}@${version}`, known);
      }
  };
  try {
    for (let step = 0; step < 30; step += 1) {
      const actor = actors[pick(2)] as Actor;
      const what = pick(12);
      if (what <= 5) {
        if (!actor.ended && !actor.crashed) {
          log.push('next');
          await actor.next();
        } else if (published < 6) {
          published += 1;
          if (actor.crashed) actors[actors.indexOf(actor)] = new Actor(cluster, values, clock);
          const index = actors.findIndex((each) => each.ended && !each.crashed);
          const back = pick(4) === 0;
          // Few versions, so that two publishers mean the same one; each says what it is.
          const version = String(1 + pick(6));
          const by = String(pick(3));
          log.push(back ? 'rollback' : `publish ${version} by ${by}`);
          await (actors[index < 0 ? 0 : index] as Actor).begin((publisher) =>
            back
              ? publisher.rollback({ name: 'a' })
              : publisher.publishAppModel(
                  { metadata: { name: 'a' }, spec: { app: 'a', version, models: models.map((name) => ({ name, version })) } } as AppModel,
                  Object.fromEntries(models.map((name) => [name, { version, by }])),
                ),
          );
        }
      } else if (what === 6 && pick(3) === 0) {
        actor.crash();
        if (actor.crashed) crashes += 1;
        log.push('crash');
      } else if (what === 7) {
        log.push('replicate');
        replicate();
      } else if (what === 8 && pods.length < 4) {
        log.push('pod starts');
        start();
      } else if (what === 9 && pods.length > 0) {
        log.push('a pod hears');
        deliver(pods[pick(pods.length)] as Pod);
      } else if (what === 10) {
        const ms = [10, 1_000, 70_000][pick(3)] ?? 0;
        log.push(`${ms} ms`);
        if (ms > 60_000) for (const each of actors) each.stalled = true;
        await clock.advance(ms);
      } else await clock.settle();
      check();
    }
    // Things become quiet: all publishers end, the replica catches up, all pods hear, one more starts.
    for (const actor of actors) while (!actor.ended && !actor.crashed) await actor.next();
    replicate();
    for (const pod of pods) deliver(pod);
    start();
    for (let round = 0; round < 3; round += 1) {
      for (const { loader } of pods) loader.resync();
      await answered();
    }
    check();
    for (const { loader, wanted } of pods)
      for (const [model, version] of wanted) {
        expect(loader.get(model), `nobody stays stale (model ${model})`).toMatchObject({ state: 'current', version });
        const by = served.get(`${model}@${version}`);
        const payload = { version, ...(by === undefined ? {} : { by }) };
        expect(await loader.load(model), `what was evicted can be read again (model ${model})`).toMatchObject({
          state: 'current',
          payload,
        });
      }
    if (crashes === 0)
      for (const [model, version] of cluster.announced) {
        const { current } = await values.look({ namespace: 'n', app: 'a', model, version });
        expect(current.envelope?.version, 'the plain key holds what is announced').toBe(version);
      }
  } catch (error) {
    throw new Error(`seed ${seed}: ${log.join(', ')}`, { cause: error });
  } finally {
    await Promise.all([values.close(), ...pods.map(({ loader }) => loader.close())]);
  }
}

test(
  'whatever two publishers, crashes, a lagging replica and starting pods do: nobody serves as current what is not announced, and none stays stale',
  { timeout: 60_000 + SCHEDULES * 1_000 },
  async () => {
    const [primary, replica] = [await startRespServer(), await startRespServer()];
    try {
      let played = 0;
      for (; played < SCHEDULES; played += 1) await play(FIRST_SEED + played, primary, replica);
      expect(played).toBe(SCHEDULES);
    } finally {
      await Promise.all([primary.close(), replica.close()]);
    }
  },
);
