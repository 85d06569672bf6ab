import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { appModel, toManifest } from '@kubecast/crd';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { Cluster, until } from '../model-index/cluster.ts';
import { startServer } from '../server-under-test.ts';
import { ControllerProcess } from './controller-process.ts';

const folder = mkdtempSync(join(tmpdir(), 'kubecast-controller-'));
const kubeconfig = join(folder, 'kubeconfig.yaml');
const crdPath = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';
const appModels = '/apis/iidp.com/v1/namespaces/meta-test/appmodels';
const finalizer = 'iidp.com/redis-values';
let cluster: Cluster;
const running: ControllerProcess[] = [];

beforeAll(async () => {
  cluster = await Cluster.start();
  cluster.api.writeKubeconfig(kubeconfig);
});
afterAll(async () => {
  await cluster[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true });
});
afterEach(async () => {
  for (const controller of running.splice(0)) await controller.kill();
});

const connected = (): string[] => ['--kubeconfig', kubeconfig, '--namespace', 'meta-test', '--redis-url', cluster.redis.url];

function start(...args: string[]): ControllerProcess {
  const controller = new ControllerProcess(args);
  running.push(controller);
  return controller;
}

const run = (...more: string[]): ControllerProcess => start('run', ...connected(), '--health-port', '0', '--no-leader-elect', ...more);

async function command(...args: string[]): Promise<{ status: number | null; out: string; errors: string }> {
  const controller = start(...args);
  const status = await controller.ended;
  return { status, out: controller.out, errors: controller.errors };
}

function file(name: string, content: unknown): string {
  const path = join(folder, name);
  writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content));
  return path;
}

const announced = (name: string, app: string, models: Readonly<Record<string, string>>): object => ({
  apiVersion: 'iidp.com/v1',
  kind: 'AppModel',
  metadata: { name, namespace: 'meta-test' },
  spec: { app, version: '1', models: Object.entries(models).map(([model, version]) => ({ name: model, version })) },
});

async function publish(name: string, app: string, models: Readonly<Record<string, string>>): Promise<void> {
  const metadata = Object.fromEntries(Object.keys(models).map((model) => [model, { title: model }]));
  const { status, errors } = await command(
    'publish',
    file(`${name}.json`, announced(name, app, models)),
    '--name',
    name,
    '--metadata',
    file(`${name}-metadata.json`, metadata),
    ...connected(),
  );
  if (status !== 0) throw new Error(errors);
}

const finalizersOf = async (name: string): Promise<readonly string[] | undefined> => {
  const { status, json } = await cluster.send('GET', `${appModels}/${name}`);
  return status === 200 ? ((json['metadata'] as { finalizers?: string[] }).finalizers ?? []) : undefined;
};
const held = (name: string): Promise<void> =>
  until(`${name} carries the finalizer`, async () => (await finalizersOf(name))?.includes(finalizer) === true);
const gone = (name: string): Promise<void> => until(`${name} is gone`, async () => (await finalizersOf(name)) === undefined);
const kindOf = async (key: string): Promise<string> => (await cluster.publisher.inspect(key)).kind;

test('it installs the CRD where there is none, with the spec that users have, and becomes ready', async () => {
  const api = await startServer();
  const own = join(folder, 'own.yaml');
  api.writeKubeconfig(own);
  try {
    const controller = start(
      'run',
      '--kubeconfig',
      own,
      '--namespace',
      'default',
      '--redis-url',
      cluster.redis.url,
      '--health-port',
      '0',
      '--no-leader-elect',
    );
    await controller.line('synced');
    expect(await controller.line('the CRD was installed')).toMatchObject({ crd: 'appmodels.iidp.com' });
    const url = await controller.url();
    await until('it is ready', async () => (await fetch(`${url}/readyz`)).status === 200);
  } finally {
    // Asked to end, a real server waits a minute for its watches.
    await api.kill();
    await api.stop();
  }
});

test('a compatible CRD is left as it is', async () => {
  const before = (await cluster.send('GET', `${crdPath}/appmodels.iidp.com`)).json['metadata'] as { resourceVersion: string };
  await run().line('synced');
  const after = (await cluster.send('GET', `${crdPath}/appmodels.iidp.com`)).json['metadata'] as { resourceVersion: string };
  expect(after.resourceVersion).toBe(before.resourceVersion);
});

test('a conflicting CRD is reported with each difference, and the controller ends with status 1', async () => {
  const api = await startServer();
  const own = join(folder, 'conflict.yaml');
  api.writeKubeconfig(own);
  try {
    const manifest = toManifest(appModel);
    const other = {
      ...manifest,
      spec: { ...manifest.spec, scope: 'Cluster' as const, names: { ...manifest.spec.names, kind: 'Appmodel', listKind: 'AppmodelList' } },
    };
    const theirs = new Cluster(api);
    expect((await theirs.send('POST', crdPath, other)).status).toBe(201);
    const { status, errors } = await command(
      'run',
      '--kubeconfig',
      own,
      '--namespace',
      'default',
      '--redis-url',
      cluster.redis.url,
      '--health-port',
      '0',
      '--no-leader-elect',
    );
    expect(status).toBe(1);
    expect(errors).toContain('spec.scope is "Cluster", must be "Namespaced"');
    expect(errors).toContain('spec.names.kind is "Appmodel", must be "AppModel"');
    expect(errors).toContain('was left as it is');
  } finally {
    // Asked to end, a real server waits a minute for its watches.
    await api.kill();
    await api.stop();
  }
});

test('what Redis does not hold as announced is reported, in the log, the metrics and an event, until it does', async () => {
  const controller = run();
  const url = await controller.url();
  await cluster.announce('lacking', 'lacking', { m: '2' });
  const missing = 'model "m" of app "lacking": Redis holds nothing under "lacking_m"; publish version "2"';
  expect(await controller.line(missing)).toMatchObject({ namespace: 'meta-test', name: 'lacking', state: 'missing' });
  expect(await (await fetch(`${url}/metrics`)).text()).toContain('kubecast_controller_values{state="missing"} 1');
  await until('an event says so', async () =>
    JSON.stringify((await cluster.send('GET', '/apis/events.k8s.io/v1/namespaces/meta-test/events')).json).includes('lacking_m'),
  );
  await cluster.publish('lacking', 'm', '2', {});
  await cluster.send('PATCH', `${appModels}/lacking`, { metadata: { annotations: { look: 'again' } } }, 'application/merge-patch+json');
  await controller.line('Redis holds every announced version');
  await cluster.withdraw('lacking');
});

test('everything is looked at again at each resync: a value that vanishes is missed', async () => {
  await publish('vanishing', 'vanishing', { m: '1' });
  const controller = run('--resync', '1');
  await controller.line('synced');
  const { fingerprint } = await cluster.publisher.inspect('vanishing_m');
  await cluster.publisher.compareAndDelete('vanishing_m', fingerprint);
  const missing = 'model "m" of app "vanishing": Redis holds nothing under "vanishing_m"; publish version "1"';
  expect(await controller.line(missing)).toMatchObject({ name: 'vanishing', state: 'missing' });
  await cluster.withdraw('vanishing');
});

test('two AppModels of one app are reported, and the oldest is named', async () => {
  const controller = run();
  await controller.line('synced');
  await cluster.announce('zz-older', 'claimed', { m: '1' });
  const { creationTimestamp } = (await cluster.send('GET', `${appModels}/zz-older`)).json['metadata'] as { creationTimestamp: string };
  // Ages are whole seconds.
  await until('the next second', () => Date.now() >= Date.parse(creationTimestamp) + 1_000);
  await cluster.announce('aa-younger', 'claimed', { m: '1' });
  const line = await controller.line(
    'AppModel meta-test/aa-younger claims the app "claimed", which the older AppModel zz-older holds; it is ignored',
  );
  expect(line).toMatchObject({ level: 40, code: 'AppClaimedTwice' });
  await cluster.withdraw('zz-older');
  await cluster.withdraw('aa-younger');
});

test('by default nothing is erased: the values of a deleted AppModel stay, and it carries no finalizer', async () => {
  const controller = run();
  await controller.line('synced');
  await publish('kept', 'kept', { m: '1' });
  expect(await finalizersOf('kept')).toEqual([]);
  await cluster.withdraw('kept');
  await gone('kept');
  expect(await kindOf('kept_m')).toBe('envelope');
});

test('with --redis-retention delete the values go before the object, but no value that another wrote or claims', async () => {
  await run('--redis-retention', 'delete').line('synced');
  await publish('going', 'going', { own: '1', changed: '1', shared_x: '1' });
  await held('going');
  const hand = await cluster.publisher.inspect('going_changed');
  await cluster.publisher.compareAndDelete('going_changed', hand.fingerprint);
  await cluster.publisher.publish({ namespace: 'other', app: 'going', model: 'changed', version: '9', payload: 'theirs' });
  // app going_shared with model x has the very key of app going with model shared_x.
  await cluster.announce('claimant', 'going_shared', { x: '1' });
  await cluster.withdraw('going');
  await gone('going');
  expect(await kindOf('going_own')).toBe('absent');
  expect((await cluster.publisher.inspect('going_changed')).envelope?.namespace).toBe('other');
  expect(await kindOf('going_shared_x')).toBe('envelope');
  await cluster.withdraw('claimant');
});

test('an object that is relabelled out loses the finalizer and nothing else, also when that happened while no controller ran', async () => {
  const first = run('--redis-retention', 'delete');
  await publish('moving', 'moving', { m: '1' });
  await held('moving');
  const label = (value: string | null): Promise<unknown> =>
    cluster.send('PATCH', `${appModels}/moving`, { metadata: { labels: { iidp: value } } }, 'application/merge-patch+json');
  await label(null);
  await until('it is released', async () => (await finalizersOf('moving'))?.length === 0);
  await label('iidp');
  await held('moving');
  await first.kill();
  await label(null);
  run('--redis-retention', 'delete');
  await until('it is released by the next one', async () => (await finalizersOf('moving'))?.length === 0);
  await cluster.withdraw('moving');
  await gone('moving');
  expect(await kindOf('moving_m')).toBe('envelope');
});

test('while Redis is away a deletion waits, and ends when Redis is back', async () => {
  const controller = run('--redis-retention', 'delete');
  await publish('waiting', 'waiting', { m: '1' });
  await held('waiting');
  const url = await controller.url();
  await cluster.redis.stop();
  await cluster.withdraw('waiting');
  await until('readyz names Redis', async () => (await (await fetch(`${url}/readyz`)).text()).includes('[-]redis failed'));
  await controller.line('appmodel: reconcile failed; it is tried again');
  expect(await finalizersOf('waiting')).toEqual([finalizer]);
  await cluster.redis.start();
  await gone('waiting');
  await until('the value is gone', async () => (await kindOf('waiting_m')) === 'absent');
});

test('uninstall takes the finalizer off every AppModel and erases nothing', async () => {
  const controller = run('--redis-retention', 'delete');
  await publish('left', 'left', { m: '1' });
  await held('left');
  await controller.kill();
  const { status, out } = await command('uninstall', ...connected());
  expect(status).toBe(0);
  expect(out).toContain('appmodel.iidp.com/left in meta-test released');
  expect(await finalizersOf('left')).toEqual([]);
  expect(await kindOf('left_m')).toBe('envelope');
  await cluster.withdraw('left');
});

test('of two controllers one works; when it ends in order the other takes over', async () => {
  const elected = (): ControllerProcess =>
    start('run', ...connected(), '--health-port', '0', '--lease-namespace', 'meta-test', '--redis-retention', 'delete');
  const first = elected();
  await first.line('leading');
  const second = elected();
  await second.line('another leads');
  expect((await fetch(`${await second.url()}/readyz`)).status).toBe(200);
  first.child.kill('SIGTERM');
  expect(await first.ended).toBe(0);
  await second.line('leading');
  await publish('elected', 'elected', { m: '1' });
  await held('elected');
  await cluster.withdraw('elected');
  await gone('elected');
  expect(await kindOf('elected_m')).toBe('absent');
});

test('it stops in order on SIGTERM, and at the end of standard input', async () => {
  const one = run();
  await one.line('synced');
  one.child.kill('SIGTERM');
  expect(await one.ended).toBe(0);
  const two = run('--exit-with-stdin');
  await two.line('synced');
  two.child.stdin?.end();
  expect(await two.ended).toBe(0);
});

test('what keeps it from starting is said in words, with a status that is not 0', async () => {
  expect(await command('run', '--nonsense')).toMatchObject({ status: 2, errors: expect.stringContaining('--nonsense') as string });
  expect(await command('run', '--kubeconfig', join(folder, 'none'))).toMatchObject({
    status: 1,
    errors: expect.stringContaining('there is no such file') as string,
  });
  const dead = file(
    'dead.yaml',
    'apiVersion: v1\nkind: Config\ncurrent-context: c\nclusters: [{name: c, cluster: {server: "https://127.0.0.1:1"}}]\ncontexts: [{name: c, context: {cluster: c}}]\n',
  );
  const late = await command('run', '--kubeconfig', dead, '--redis-url', cluster.redis.url, '--health-port', '0', '--sync-timeout', '1');
  expect(late).toMatchObject({ status: 1, errors: expect.stringMatching(/--sync-timeout.*ECONNREFUSED/u) as string });
  for (const { errors } of [late]) expect(errors).not.toMatch(/^\s+at /mu);
});

test('publish refuses an AppModel that does not fit before it is sent, with each bad path', async () => {
  const bad = file('bad.yaml', 'apiVersion: iidp.com/v1\nkind: AppModel\nmetadata: {name: base}\nspec: {type: model, models: [a, b]}\n');
  const { status, errors } = await command('publish', bad, '--name', 'base', ...connected());
  expect(status).toBe(1);
  for (const path of ['spec.type', 'spec.models[0]', 'spec.models[1]']) expect(errors).toContain(path);
  expect((await cluster.send('GET', `${appModels}/base`)).status).toBe(404);
});

test('publish checks everything before it writes, and takes metadata from a file or a folder with MODEL.json each', async () => {
  const object = file('checked.json', announced('checked', 'checked', { a: '1', b: '1' }));
  const metadata = join(folder, 'metadata-of-checked');
  mkdirSync(metadata);
  writeFileSync(join(metadata, 'a.json'), '{"title":"a"}');
  const refused = await command('publish', object, '--name', 'checked', '--metadata', metadata, ...connected());
  expect(refused).toMatchObject({ status: 1, errors: expect.stringContaining('"b"') as string });
  expect([await kindOf('checked_a'), (await cluster.send('GET', `${appModels}/checked`)).status]).toEqual(['absent', 404]);
  const one = file('b-alone.json', { b: { title: 'b' } });
  const written = await command('publish', object, '--name', 'checked', '--metadata', metadata, '--metadata', one, ...connected());
  expect(written).toMatchObject({ status: 0, errors: '' });
  expect([await kindOf('checked_a'), await kindOf('checked_b')]).toEqual(['envelope', 'envelope']);
  const { json } = await cluster.send('GET', `${appModels}/checked`);
  expect(json['metadata']).toMatchObject({
    labels: { iidp: 'iidp' },
    managedFields: [{ manager: 'appmodels-manager', operation: 'Apply' }],
  });
  await cluster.withdraw('checked');
});

test('publish reads what kubectl reads, and rollback announces the version before without a file', async () => {
  const versions = (at: string): string =>
    `apiVersion: v1\nkind: Namespace\nmetadata: {name: meta-test}\n---\napiVersion: iidp.com/v1\nkind: AppModelList\nitems:\n- metadata: {name: returns, namespace: meta-test}\n  spec: {app: returns, version: '${at}', models: [{name: m, version: '${at}'}]}\n`;
  for (const at of ['1', '2']) {
    const metadata = file('returns-metadata.json', { m: { of: at } });
    const { status, errors, out } = await command('publish', file('returns.yaml', versions(at)), '--metadata', metadata, ...connected());
    expect({ status, errors }).toEqual({ status: 0, errors: '' });
    expect(out).toMatch(/document 1: Namespace "meta-test" is not applied: publish applies AppModels only/);
  }
  const back = await command('rollback', 'returns', ...connected());
  expect(back).toMatchObject({ status: 0, errors: '', out: expect.stringContaining('returns_m: version 1 restored, number 3') as string });
  expect((await cluster.publisher.inspect('returns_m')).envelope).toMatchObject({ version: '1', payload: { of: '1' } });
  const refused = await command('rollback', 'returns', 'm=9', ...connected());
  expect(refused).toMatchObject({
    status: 1,
    errors: expect.stringMatching(/version "9" of the model "m" is not kept in Redis/) as string,
  });
  await cluster.withdraw('returns');
});
