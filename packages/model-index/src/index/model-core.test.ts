import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ModelCore, type HeldPayload, type ModelEvent, type PayloadSource, type WantedPayload } from '../index.ts';
import { readSlice } from '../endpoints/read-endpoints.ts';

/** Holds what is wanted as if it were loaded at once. */
class InstantPayloads implements PayloadSource {
  readonly held = new Map<string, WantedPayload>();
  readonly commands: string[] = [];

  want(item: WantedPayload): void {
    if (this.held.get(item.id)?.version !== item.version) this.commands.push(`load ${item.id} ${item.version}`);
    this.held.set(item.id, item);
  }

  forget(id: string): void {
    this.held.delete(id);
  }

  get(id: string): HeldPayload | undefined {
    const item = this.held.get(id);
    return item === undefined
      ? undefined
      : { state: 'current', version: item.version, payload: { of: item.model, by: item.app }, staleForMs: 0 };
  }

  onChange(): Disposable {
    return { [Symbol.dispose]: () => {} };
  }

  resync(): void {}

  settled(): Promise<void> {
    return Promise.resolve();
  }
}

const freshness = { resourceVersion: '1', ageMs: 0 };

function core(): { core: ModelCore; payloads: InstantPayloads } {
  const payloads = new InstantPayloads();
  return { core: new ModelCore({ payloads, freshness: () => freshness }), payloads };
}

interface Sample {
  readonly name: string;
  readonly created: number;
  readonly uid?: string;
  readonly spec?: unknown;
  readonly annotations?: Record<string, string>;
}

function put(target: ModelCore, { name, created, uid = name, spec, annotations }: Sample): void {
  target.setAppModel({ namespace: 'n', name, uid, created }, { ...(annotations === undefined ? {} : { metadata: { annotations } }), spec });
}

const models = (...pairs: [string, string][]): { name: string; version: string }[] => pairs.map(([name, version]) => ({ name, version }));

test('a model is answered with app, versions, metadata and freshness', () => {
  const { core: index } = core();
  put(index, { name: 'newsdkapp', created: 1, spec: { app: 'newSdkApp', version: 'v1', models: models(['model1', 'v-1']) } });
  expect(index.resolve('n', 'model1')).toEqual({
    namespace: 'n',
    app: 'newSdkApp',
    appVersion: 'v1',
    model: 'model1',
    version: 'v-1',
    state: 'current',
    staleForMs: 0,
    metadata: { of: 'model1', by: 'newSdkApp' },
    endpoints: [],
    freshness,
    endpointsProblem: 'the Service n/newsdkapp does not exist',
  });
  expect(index.app('n', 'newSdkApp')).toMatchObject({
    app: 'newSdkApp',
    appVersion: 'v1',
    appModel: 'newsdkapp',
    models: [{ model: 'model1', version: 'v-1', state: 'current' }],
  });
  expect(index.resolve('other', 'model1')).toBeUndefined();
  expect(index.resolve('n', 'toString')).toBeUndefined();
  expect(index.app('n', 'newsdkapp')).toBeUndefined();
});

test('of two AppModels of one app the older wins, though its name comes later and it came last', () => {
  const { core: index } = core();
  put(index, { name: 'aa', created: 2000, spec: { app: 'shared', version: 'young', models: models(['s', '2']) } });
  put(index, { name: 'zz', created: 1000, spec: { app: 'shared', version: 'old', models: models(['s', '1']) } });
  expect(index.resolve('n', 's')).toMatchObject({ appVersion: 'old', version: '1' });
  expect(index.problems().map(({ code, appModel, app }) => ({ code, appModel, app }))).toEqual([
    { code: 'AppClaimedTwice', appModel: 'aa', app: 'shared' },
  ]);
  index.removeAppModel('n', 'zz');
  expect(index.resolve('n', 's')).toMatchObject({ appVersion: 'young', version: '2' });
  expect(index.problems()).toEqual([]);
});

test('of two AppModels as old as each other the first by name wins', () => {
  const { core: index } = core();
  put(index, { name: 'b', created: 1000, spec: { app: 'x', version: 'b', models: models(['s', '2']) } });
  put(index, { name: 'a', created: 1000, spec: { app: 'x', version: 'a', models: models(['s', '1']) } });
  expect(index.resolve('n', 's')?.appVersion).toBe('a');
});

test('a model of two apps belongs to the older, and its other models stay with each', () => {
  const { core: index } = core();
  put(index, { name: 'a-junior', created: 2000, spec: { app: 'junior', models: models(['both', '1'], ['own', '1']) } });
  put(index, { name: 'z-elder', created: 1000, spec: { app: 'elder', models: models(['both', '2']) } });
  expect(index.resolve('n', 'both')?.app).toBe('elder');
  expect(index.models('n', 'junior').map((answer) => answer.model)).toEqual(['own']);
  expect(index.problems()).toMatchObject([{ code: 'ModelClaimedTwice', appModel: 'a-junior', model: 'both' }]);
});

test('when spec.app changes the old app is forgotten and its value too', () => {
  const { core: index, payloads } = core();
  put(index, { name: 'm', created: 1, spec: { app: 'before', models: models(['x', '1']) } });
  put(index, { name: 'm', created: 1, spec: { app: 'after', models: models(['x', '1']) } });
  expect(index.app('n', 'before')).toBeUndefined();
  expect(index.resolve('n', 'x')?.app).toBe('after');
  expect([...payloads.held.keys()]).toEqual(['["n","after","x"]']);
});

test('a model that changed under an unchanged app version is loaded, and only that one', () => {
  const { core: index, payloads } = core();
  put(index, { name: 'm', created: 1, spec: { app: 'a', version: '1', models: models(['x', '1'], ['y', '1']) } });
  payloads.commands.length = 0;
  put(index, { name: 'm', created: 1, spec: { app: 'a', version: '1', models: models(['x', '2'], ['y', '1']) } });
  expect(payloads.commands).toEqual(['load ["n","a","x"] 2']);
});

test('an object without spec, without app, with an empty model name or a model listed twice is reported and the rest counts', () => {
  const { core: index } = core();
  put(index, { name: 'no-spec', created: 1 });
  put(index, { name: 'no-app', created: 1, spec: { version: '1', models: models(['orphan', '1']) } });
  put(index, {
    name: 'twice',
    created: 1,
    spec: { app: 'twice', models: [...models(['m', 'a'], ['', 'x'], ['m', 'b']), 'text', { name: 'n' }] },
  });
  expect(index.resolve('n', 'orphan')).toBeUndefined();
  expect(index.resolve('n', 'm')?.version).toBe('b');
  expect(
    index
      .problems()
      .map((problem) => problem.code)
      .sort(),
  ).toEqual(['EmptyModelName', 'MalformedModel', 'MalformedModel', 'ModelListedTwice', 'NoApp', 'NoSpec']);
});

test('hostile names are data', () => {
  const { core: index } = core();
  const names = ['__proto__', 'constructor', 'a/b c', 'größe-模型-😀', 'n'.repeat(253)];
  put(index, { name: 'hostile', created: 1, spec: { app: '__proto__', models: names.map((name) => ({ name, version: '1' })) } });
  for (const name of names) expect(index.resolve('n', name)).toMatchObject({ app: '__proto__', model: name, metadata: { of: name } });
  expect(index.app('n', '__proto__')?.models).toHaveLength(5);
  expect(index.app('n', 'constructor')).toBeUndefined();
});

test('a listener that is no function is refused when it subscribes', () => {
  const { core: index } = core();
  for (const listener of [undefined, null, 'f', {}]) expect(() => index.subscribe(listener as never)).toThrow('subscribe takes a function');
});

test('subscribers hear of added, updated and removed models, and one that throws costs only itself', () => {
  const { core: index } = core();
  const events: ModelEvent[] = [];
  index.subscribe(() => {
    throw new Error('of this listener');
  });
  const subscription = index.subscribe((event) => events.push(event));
  put(index, { name: 'm', created: 1, spec: { app: 'a', models: models(['x', '1']) } });
  put(index, { name: 'm', created: 1, spec: { app: 'a', models: models(['x', '1']) } });
  put(index, { name: 'm', created: 1, spec: { app: 'a', models: models(['x', '2']) } });
  index.payloadChanged('["n","a","x"]');
  index.removeAppModel('n', 'm');
  expect(events.map(({ type, what, version }) => `${type} ${what} ${version}`)).toEqual([
    'added announcement 1',
    'updated announcement 2',
    'updated metadata 2',
    'removed announcement 2',
  ]);
  expect(index.listenerErrors).toBe(4);
  subscription[Symbol.dispose]();
  put(index, { name: 'm', created: 1, spec: { app: 'a', models: models(['x', '1']) } });
  expect(events).toHaveLength(4);
});

const specArbitrary = fc.option(
  fc.record({
    app: fc.constantFrom('a', 'b', '__proto__'),
    version: fc.constantFrom('1', '2'),
    models: fc.array(fc.record({ name: fc.constantFrom('x', 'y', 'z', ''), version: fc.constantFrom('1', '2') }), { maxLength: 3 }),
  }),
  { nil: undefined },
);
const stepArbitrary = fc.record({
  name: fc.constantFrom('o1', 'o2', 'o3', 'o4'),
  created: fc.integer({ min: 0, max: 2 }),
  spec: specArbitrary,
  gone: fc.boolean(),
});

/** Everything that the index answers. */
function picture(index: ModelCore): unknown {
  return {
    models: index.models('n').map(({ app, appVersion, model, version }) => ({ app, appVersion, model, version })),
    apps: index.apps('n').map(({ app, appModel, models: listed }) => ({ app, appModel, listed })),
    problems: index
      .problems()
      .map((problem) => JSON.stringify(problem))
      .sort(),
    namespaces: index.namespaces(),
  };
}

test('after any history the answers are those of an index that saw only the objects that stand, in any order', () => {
  fc.assert(
    fc.property(fc.array(stepArbitrary, { maxLength: 30 }), fc.nat(), (steps, seed) => {
      const { core: lived, payloads } = core();
      const standing = new Map<string, Sample>();
      const told = new Map<string, string>();
      lived.subscribe((event) => {
        if (event.type === 'removed') {
          expect(told.has(event.model)).toBe(true);
          told.delete(event.model);
        } else {
          expect(told.has(event.model)).toBe(event.type === 'updated');
          told.set(event.model, `${event.app} ${event.version}`);
        }
      });
      for (const step of steps) {
        if (step.gone) {
          standing.delete(step.name);
          lived.removeAppModel('n', step.name);
        } else {
          standing.set(step.name, step);
          put(lived, step);
        }
      }
      const { core: fresh, payloads: freshPayloads } = core();
      const order = [...standing.values()]
        .map((sample, index) => ({ sample, rank: (seed * (index + 7)) % 101 }))
        .sort((a, b) => a.rank - b.rank);
      for (const { sample } of order) put(fresh, sample);
      expect(picture(lived)).toEqual(picture(fresh));
      expect(new Map([...payloads.held].map(([id, item]) => [id, item.version]))).toEqual(
        new Map([...freshPayloads.held].map(([id, item]) => [id, item.version])),
      );
      expect(told).toEqual(new Map(lived.models('n').map((answer) => [answer.model, `${answer.app} ${answer.version}`])));
    }),
    { numRuns: 500 },
  );
});

const slice = (
  service: string,
  addresses: readonly unknown[],
  ports: readonly unknown[] = [{ name: 'http', port: 8080, protocol: 'TCP' }],
) => readSlice({ 'kubernetes.io/service-name': service }, { endpoints: addresses as never, ports: ports as never });

test('endpoints come from all slices of the Service named like the AppModel, joined and without doubles', () => {
  const { core: index } = core();
  put(index, { name: 'iiot', created: 1, spec: { app: 'IIoT', models: models(['m', '1']) } });
  index.setService('n', 'iiot', [
    { name: 'http', port: 80 },
    { name: 'admin', port: 81 },
  ]);
  index.setSlice('n', 'iiot-1', slice('iiot', [{ addresses: ['10.0.0.2'] }, { addresses: ['10.0.0.1'], conditions: { ready: false } }]));
  index.setSlice(
    'n',
    'iiot-2',
    slice('iiot', [{ addresses: ['10.0.0.1'], conditions: { ready: true }, zone: 'z1' }, { addresses: ['10.0.0.2'] }]),
  );
  index.setSlice('n', 'other-1', slice('other', [{ addresses: ['10.0.0.9'] }]));
  expect(index.resolve('n', 'm')?.endpoints).toEqual([
    { address: '10.0.0.1', port: 8080, ready: true, zone: 'z1' },
    { address: '10.0.0.2', port: 8080, ready: true, zone: null },
  ]);
  index.removeSlice('n', 'iiot-2');
  expect(index.resolve('n', 'm')?.endpoints.map((endpoint) => endpoint.address)).toEqual(['10.0.0.2']);
});

test('where nothing is ready, those that serve while they terminate are given', () => {
  const { core: index } = core();
  put(index, { name: 'a', created: 1, spec: { app: 'a', models: models(['m', '1']) } });
  index.setService('n', 'a', [{ port: 80 }]);
  index.setSlice(
    'n',
    's',
    slice(
      'a',
      [
        { addresses: ['10.0.0.1'], conditions: { ready: false, serving: true, terminating: true } },
        { addresses: ['10.0.0.2'], conditions: { ready: false, serving: false, terminating: true } },
        { addresses: ['10.0.0.3'], conditions: { ready: false } },
      ],
      [{ name: '', port: 1 }],
    ),
  );
  expect(index.resolve('n', 'm')?.endpoints).toEqual([{ address: '10.0.0.1', port: 1, ready: false, zone: null }]);
});

test('the port is the one named http, else the only one, else a clear problem, which the annotation solves', () => {
  const { core: index } = core();
  const spec = { app: 'a', models: models(['m', '1']) };
  put(index, { name: 'a', created: 1, spec });
  index.setService('n', 'a', [
    { name: 'one', port: 1 },
    { name: 'two', port: 2 },
  ]);
  index.setSlice(
    'n',
    's',
    slice(
      'a',
      [{ addresses: ['10.0.0.1'] }],
      [
        { name: 'one', port: 11 },
        { name: 'two', port: 22 },
      ],
    ),
  );
  expect(index.resolve('n', 'm')).toMatchObject({ endpoints: [], endpointsProblem: expect.stringContaining('one (1), two (2)') as string });
  expect(index.problems()).toMatchObject([{ code: 'AmbiguousPort', appModel: 'a' }]);
  for (const port of ['two', '2']) {
    put(index, { name: 'a', created: 1, spec, annotations: { 'iidp.com/service': `a:${port}` } });
    expect(index.resolve('n', 'm')?.endpoints).toMatchObject([{ port: 22 }]);
  }
  put(index, { name: 'a', created: 1, spec, annotations: { 'iidp.com/service': 'elsewhere' } });
  expect(index.problems()).toMatchObject([{ code: 'ServiceMissing', message: expect.stringContaining('n/elsewhere') as string }]);
  index.removeService('n', 'a');
  put(index, { name: 'a', created: 1, spec });
  expect(index.resolve('n', 'm')?.endpoints).toEqual([]);
});

test('zone hints are followed only where every endpoint has some and one is for the zone', () => {
  const hinted = (address: string, ...zones: string[]) => ({
    addresses: [address],
    zone: zones[0],
    hints: { forZones: zones.map((name) => ({ name })) },
  });
  const addresses = (zone: string | undefined, endpoints: readonly unknown[]): readonly string[] => {
    const index = new ModelCore({ payloads: new InstantPayloads(), freshness: () => freshness, ...(zone === undefined ? {} : { zone }) });
    put(index, { name: 'a', created: 1, spec: { app: 'a', models: models(['m', '1']) } });
    index.setService('n', 'a', [{ name: 'http', port: 80 }]);
    index.setSlice('n', 's', slice('a', endpoints));
    return (index.resolve('n', 'm')?.endpoints ?? []).map((endpoint) => endpoint.address);
  };
  const both = [hinted('10.0.0.1', 'z1'), hinted('10.0.0.2', 'z2')];
  expect(addresses('z1', both)).toEqual(['10.0.0.1']);
  expect(addresses(undefined, both)).toEqual(['10.0.0.1', '10.0.0.2']);
  expect(addresses('z3', both)).toEqual(['10.0.0.1', '10.0.0.2']);
  expect(addresses('z1', [...both, { addresses: ['10.0.0.3'] }])).toEqual(['10.0.0.1', '10.0.0.2', '10.0.0.3']);
});

test('a listener that throws after an await is counted, and one that adds itself is told of each change once', async () => {
  const { core: index } = core();
  let calls = 0;
  const again = (): void => {
    calls += 1;
    index.subscribe(again);
  };
  index.subscribe(again);
  index.subscribe((async () => {
    await Promise.resolve();
    throw new Error('later');
  }) as () => void);
  put(index, { name: 'm', created: 1, spec: { app: 'a', models: models(['x', '1']) } });
  await new Promise(setImmediate);
  expect([calls, index.listenerErrors]).toEqual([1, 1]);
});
