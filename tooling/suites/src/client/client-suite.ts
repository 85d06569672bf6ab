import {
  type Connection,
  createClient,
  type Frame,
  isApplyConflict,
  isAlreadyExists,
  isConflict,
  isNotFound,
  isStatusError,
  type KubernetesClient,
} from '@kubecast/client';
import {
  appModel,
  type AppModel,
  configMapType,
  customResourceDefinitionType,
  isValidationError,
  leaseType,
  namespaceType,
  serviceType,
  toManifest,
} from '@kubecast/crd';
import { systemClock } from '@kubecast/clock';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { safeWriteTests } from './safe-writes.ts';
import { subresourceTests } from './subresources.ts';
import { viewTests } from './views.ts';

/** A server to test against, and how to end it. */
export interface Served {
  readonly connection: Connection;
  close(): Promise<void>;
}

/** What the client does on any API server that answers as the real one; skipped where there is none. */
export function clientSuite(name: string, start: (() => Promise<Served>) | undefined, http: 1 | 2 = 1): void {
  describe.skipIf(start === undefined)(`the client on the ${name} API server, over HTTP/${http}`, () => {
    let server: Served;
    let client: KubernetesClient;

    beforeAll(async () => {
      server = await (start as () => Promise<Served>)();
      client = createClient(server.connection, { http });
      await client.resource(customResourceDefinitionType).create(toManifest(appModel) as never);
      for (;;) {
        const crd = await client.resource(customResourceDefinitionType).get('appmodels.iidp.com');
        if (crd.status?.conditions?.some((condition) => condition.type === 'Established' && condition.status === 'True') === true) break;
        await systemClock.sleep(20);
      }
      // The real server makes its own namespaces a moment after it is ready.
      while ((await client.resource(namespaceType).find('default')) === undefined) await systemClock.sleep(20);
    }, 90_000);
    afterAll(async () => {
      client.close();
      await server.close();
    });

    let count = 0;
    async function inNewNamespace(): Promise<string> {
      const name = `suite-${count++}`;
      await client.resource(namespaceType).create({ metadata: { name } });
      return name;
    }
    const model = (name: string, version = '1'): AppModel => ({
      metadata: { name },
      spec: { app: name, version, models: [{ name: 'a', version }] },
    });

    test('create, get, replace, patch and delete, each with its receipt', async () => {
      const models = client.resource(appModel, { namespace: await inNewNamespace() });
      const created = await models.create(model('iiot'));
      expect(created.receipt).toMatchObject({
        key: { name: 'iiot' },
        uid: created.object.metadata.uid,
        version: created.object.metadata.resourceVersion,
        gone: false,
      });
      expect(isAlreadyExists(await models.create(model('iiot')).catch((error: unknown) => error))).toBe(true);
      const read = await models.get('iiot');
      const replaced = await models.replace({ ...read, spec: { ...read.spec, version: '2' } });
      expect(replaced.object.spec?.version).toBe('2');
      expect(isConflict(await models.replace({ ...read, spec: { ...read.spec, version: '3' } }).catch((error: unknown) => error))).toBe(
        true,
      );
      expect((await models.patch('iiot', { spec: { version: '4' } })).object.spec?.version).toBe('4');
      expect((await models.patch('iiot', [{ op: 'replace', path: '/spec/version', value: '5' }])).object.spec?.version).toBe('5');
      const wrong = await models.delete('iiot', { preconditions: { uid: 'other' } }).catch((error: unknown) => error);
      expect(isConflict(wrong)).toBe(true);
      const deleted = await models.delete('iiot', { preconditions: { uid: created.receipt.uid } });
      expect(deleted.receipt).toMatchObject({ uid: created.receipt.uid, gone: true });
      expect(deleted.receipt.version).toBeUndefined();
      expect(await models.find('iiot')).toBeUndefined();
    });

    test('finalizers hold an object; the write that removes the last one is the write that ends it', async () => {
      const models = client.resource(appModel, { namespace: await inNewNamespace() });
      await models.create({ ...model('held'), metadata: { name: 'held', finalizers: ['kubecast.test/hold'] } });
      const marked = await models.delete('held');
      expect(marked.receipt.gone).toBe(false);
      expect(marked.object?.metadata.deletionTimestamp).toEqual(expect.any(String));
      expect((await models.patch('held', { metadata: { finalizers: null } })).receipt.gone).toBe(true);
      expect(isNotFound(await models.get('held').catch((error: unknown) => error))).toBe(true);
    });

    test('apply creates, updates and is refused by other managers with each field named; force takes over', async () => {
      const models = client.resource(appModel, { namespace: await inNewNamespace() });
      await models.apply(model('iiot'), { fieldManager: 'one' });
      const conflict: unknown = await models.apply(model('iiot', '2'), { fieldManager: 'two' }).catch((error: unknown) => error);
      const byField = (error: unknown): unknown =>
        isApplyConflict(error) && [...error.conflicts].sort((a, b) => `${a.field} ${a.manager}`.localeCompare(`${b.field} ${b.manager}`));
      expect(byField(conflict)).toEqual([
        { manager: 'one', field: '.spec.models' },
        { manager: 'one', field: '.spec.version' },
      ]);
      // A manager that wrote by an update is told with the version that it wrote in; of one field that two own, both are told.
      await models.patch('iiot', { spec: { version: '3' } }, { fieldManager: 'by patch' });
      await models.apply({ metadata: { name: 'iiot' }, spec: { app: 'iiot', version: '3' } } as never, {
        fieldManager: 'three',
        validate: false,
      });
      expect(byField(await models.apply(model('iiot', '4'), { fieldManager: 'two' }).catch((error: unknown) => error))).toEqual([
        { manager: 'one', field: '.spec.models' },
        { manager: 'by patch', field: '.spec.version' },
        { manager: 'three', field: '.spec.version' },
      ]);
      expect((await models.apply(model('iiot', '2'), { fieldManager: 'two', force: true })).object.spec?.version).toBe('2');
    });

    test('an apply that does not fit is the same validation error whether we or the server found it', async () => {
      const models = client.resource(appModel, { namespace: await inNewNamespace() });
      const bad = { metadata: { name: 'base' }, spec: { type: 'model', version: '1.7', models: ['model1', 'model2', 'model3'] } } as never;
      const fields = async (validate: boolean): Promise<unknown> => {
        const error: unknown = await models.apply(bad, { validate }).catch((caught: unknown) => caught);
        return isValidationError(error) ? error.errors.map((entry) => entry.field).sort() : error;
      };
      const expected = ['spec.models[0]', 'spec.models[1]', 'spec.models[2]', 'spec.type'];
      expect(await fields(true)).toEqual(expected);
      expect(await fields(false)).toEqual(expected);
      const strict: unknown = await models.create(bad, { validate: false, fieldValidation: 'Strict' }).catch((caught: unknown) => caught);
      expect(isStatusError(strict) && [strict.statusCode, strict.reason]).toEqual([400, 'BadRequest']);
      const warned: unknown = await models.create(bad, { validate: false }).catch((caught: unknown) => caught);
      expect(isStatusError(warned) && [warned.statusCode, warned.causes.map((cause) => cause.field), warned.warnings]).toEqual([
        422,
        ['spec.models[0]', 'spec.models[1]', 'spec.models[2]'],
        ['unknown field "spec.type"'],
      ]);
    });

    test('a dry run answers and stores nothing', async () => {
      const models = client.resource(appModel, { namespace: await inNewNamespace() });
      expect((await models.create(model('dry'), { dryRun: true })).object.metadata.uid).toEqual(expect.any(String));
      expect(await models.find('dry')).toBeUndefined();
    });

    test('a strategic patch merges lists by their keys, on built-in kinds alone', async () => {
      const namespace = await inNewNamespace();
      const port = { name: 'http', port: 80 };
      await client.resource(serviceType, { namespace }).create({ metadata: { name: 's' }, spec: { ports: [port] } });
      const services = client.resource(serviceType, { namespace });
      const { object } = await services.patch('s', { spec: { ports: [{ name: 'more', port: 81 }] } }, { kind: 'strategic' });
      expect(object.spec?.ports?.map((each) => each.port)).toEqual([81, 80]);
      const models = client.resource(appModel, { namespace });
      await models.create(model('m'));
      const refused: unknown = await models.patch('m', { spec: { version: '2' } }, { kind: 'strategic' }).catch((error: unknown) => error);
      expect(isStatusError(refused) && refused.statusCode).toBe(415);
    });

    test("a list comes in pages of one version and in the server's order; selectors filter it", async () => {
      const namespace = await inNewNamespace();
      const maps = client.resource(configMapType, { namespace });
      for (let i = 0; i < 25; i++)
        await maps.create({ metadata: { name: `c${String(i).padStart(2, '0')}`, labels: { odd: String(i % 2) } } });
      const pages = [];
      for await (const page of maps.pages({ limit: 10 })) pages.push(page);
      expect(pages.map((page) => [page.items.length, page.more])).toEqual([
        [10, true],
        [10, true],
        [5, false],
      ]);
      expect(new Set(pages.map((page) => page.resourceVersion)).size).toBe(1);
      const odd: (string | undefined)[] = [];
      for await (const item of maps.list({ labelSelector: 'odd=1', limit: 4 })) odd.push(item.metadata.name);
      expect(odd).toEqual(Array.from({ length: 12 }, (_, i) => `c${String(2 * i + 1).padStart(2, '0')}`));
      const named = [];
      for await (const item of maps.list({ fieldSelector: 'metadata.name=c03' })) named.push(item.kind);
      expect(named).toEqual(['ConfigMap']);
      const deleted = await maps.deleteCollection({ labelSelector: 'odd=0' });
      expect(deleted.items).toHaveLength(13);
      expect(deleted.receipts.map(({ key, gone }) => [key.namespace, key.name, gone])).toEqual(
        deleted.items.map(({ metadata }) => [namespace, metadata.name, true]),
      );
    });

    test('the source of an informer: a streamed list ends with its bookmark, then changes follow', async () => {
      const namespace = await inNewNamespace();
      const models = client.resource(appModel, { namespace });
      await models.create(model('one'));
      const source = client.resource(appModel).source({ namespace });
      const abort = new AbortController();
      const seen: string[] = [];
      const text = (frame: Frame): string => new TextDecoder().decode(frame.object);
      const run = async (): Promise<void> => {
        for await (const frames of source.watchFrames(
          { sendInitialEvents: true, resourceVersionMatch: 'NotOlderThan', allowWatchBookmarks: true },
          abort.signal,
        )) {
          for (const frame of frames) {
            const object = JSON.parse(text(frame)) as AppModel;
            seen.push(`${frame.type} ${object.metadata.name ?? object.metadata.annotations?.['k8s.io/initial-events-end']}`);
            if (frame.type === 'BOOKMARK') await models.patch('one', { spec: { version: '2' } });
            if (frame.type === 'MODIFIED') await models.delete('one');
            if (frame.type === 'DELETED') abort.abort(new Error('done'));
          }
        }
      };
      await expect(run()).rejects.toThrow('done');
      expect(seen).toEqual(['ADDED one', 'BOOKMARK true', 'MODIFIED one', 'DELETED one']);
    });

    test('a kind is found by discovery, also one whose CRD was made a moment ago', async () => {
      expect((await client.discovery.byName('am')).kind).toBe('AppModel');
      expect(await client.serves('discovery.k8s.io/v1', 'endpointslices')).toBe(true);
      expect(await client.serves('discovery.k8s.io/v9', 'endpointslices')).toBe(false);
      const models = await client.dynamic({ apiVersion: 'iidp.com/v1', kind: 'AppModel' }, { namespace: await inNewNamespace() });
      await models.create({ metadata: { name: 'dyn' }, spec: { app: 'dyn', models: [{ name: 'a', version: '1' }] } });
      expect((await models.get('dyn'))['spec']).toMatchObject({ app: 'dyn' });
    });

    test('fifty reads one after the other use one connection', async () => {
      const before = client.counters.connections;
      for (let i = 0; i < 50; i++) await client.resource(namespaceType).get('default');
      expect(client.counters.connections - before).toBeLessThanOrEqual(1);
      expect(client.counters).toMatchObject({ openRequests: 0, openStreams: 0 });
    });

    test('a Lease is created, renewed by its version, and refused at a stale one', async () => {
      const leases = client.resource(leaseType, { namespace: await inNewNamespace() });
      const { object } = await leases.create({
        metadata: { name: 'lead' },
        spec: { holderIdentity: 'a', leaseDurationSeconds: 15, renewTime: '2026-01-01T00:00:00.000000Z' },
      });
      await leases.replace({ ...object, spec: { ...object.spec, holderIdentity: 'b' } });
      expect(isConflict(await leases.replace(object).catch((error: unknown) => error))).toBe(true);
    });

    safeWriteTests(name, () => client, inNewNamespace);
    viewTests(() => client, inNewNamespace);
    subresourceTests(name, () => client, inNewNamespace);
  });
}
