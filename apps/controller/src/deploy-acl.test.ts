import { createLoader, createValuePublisher, type PublishItem } from '@kubecast/redis-loader';
import { findRedisServer, startRedisServer, type TestRedis } from '@kubecast/redis-loader/testing';
import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { removeValues } from './reconcile/value-retention.ts';
import { checkValues } from './reconcile/value-check.ts';
import { readAnnouncement } from '@kubecast/model-index';
import type { AppModel } from '@kubecast/crd';

const readme = readFileSync(join(import.meta.dirname, '../../../deploy/README.md'), 'utf8');
const users = new Map(
  [...readme.matchAll(/^ACL SETUSER (kubecast-\w+) (.*)$/gmu)].map(([, name = '', rules = '']) => [name, rules.split(' ')]),
);
const binary = findRedisServer();
const owner = { namespace: 'n', app: 'iiot', model: 'm' };
const item = (version: string): PublishItem => ({ ...owner, version, payload: `content of ${version}` });
const object = (version: string): AppModel =>
  ({ metadata: { name: 'iiot', namespace: 'n', uid: 'u' }, spec: { app: 'iiot', version, models: [{ name: 'm', version }] } }) as AppModel;

test('the README names a Redis user for each program', () => {
  expect([...users.keys()]).toEqual(['kubecast-resolver', 'kubecast-controller', 'kubecast-publisher']);
});

describe.runIf(binary !== undefined)('under exactly the Redis users of deploy/', () => {
  let server: TestRedis;
  /** One command of the administrator as it is typed, and the raw reply. */
  const admin = (line: string): Promise<string> =>
    new Promise((resolve, reject) => {
      let reply = '';
      const socket = connect(server.port, server.host, () => socket.write(`${line}\r\nQUIT\r\n`));
      socket.setEncoding('utf8').on('data', (text: string) => (reply += text));
      socket.on('error', reject).on('close', () => resolve(reply));
    });
  const as = (name: string): { host: string; port: number; username: string; password: string } => ({
    host: server.host,
    port: server.port,
    username: name,
    password: 'PASSWORD',
  });
  beforeAll(async () => {
    server = await startRedisServer({ binary: binary ?? '' });
    for (const [name, rules] of users) expect(await admin(`ACL SETUSER ${name} ${rules.join(' ')}`)).toMatch(/^\+OK/);
  });
  afterEach(async () => {
    await admin('ACL LOG RESET');
    vi.restoreAllMocks();
  });
  afterAll(() => server.close());

  test('a publisher publishes, with replicas asked for, and goes back; a resolver reads and is told of writes; a controller looks and removes', async () => {
    const warned = vi.spyOn(console, 'warn').mockImplementation(() => {});
    const publisher = createValuePublisher({ redis: as('kubecast-publisher'), versions: { count: 1, ageMs: 0 } });
    const asking = createValuePublisher({ redis: as('kubecast-publisher'), replicas: 1, replicaTimeoutMs: 50 });
    const loader = createLoader({ redis: as('kubecast-resolver'), recheckMs: [] });
    const controller = createValuePublisher({ redis: as('kubecast-controller') });
    const { signal } = new AbortController();
    try {
      for (const version of ['1', '2']) await publisher.publish(item(version));
      await publisher.rollback({ ...owner, version: '1' });
      await expect(asking.publish(item('3'))).rejects.toMatchObject({ code: 'Unreplicated' });
      await admin('SET iiot_plain 1');
      loader.want({ id: 'm', version: '3', owner });
      loader.want({ id: 'plain', version: '1', owner: { ...owner, model: 'plain' } });
      await loader.settled();
      expect(loader.get('m')).toMatchObject({ state: 'current', payload: 'content of 3' });
      while (loader.tracking.state !== 'on') await admin('PING');
      await admin('SET iiot_plain 2');
      while (loader.get('plain')?.payload !== 2) await admin('PING');
      await controller.ping();
      const announcement = readAnnouncement({ namespace: 'n', name: 'iiot', uid: 'u', created: 0 }, object('3') as never);
      expect(await checkValues(controller, announcement, signal)).toMatchObject([{ state: 'current' }]);
      const listAll = async function* (): AsyncIterableIterator<AppModel> {};
      const removed = await removeValues(object('3'), { values: controller, listAll, check: () => {} }, signal);
      expect(removed).toMatchObject([{ key: 'iiot_m', outcome: 'deleted' }]);
      expect(await admin('KEYS *')).toBe('*1\r\n$10\r\niiot_plain\r\n+OK\r\n');
      // Nobody was refused anything.
      expect(await admin('ACL LOG')).toBe('*0\r\n+OK\r\n');
      expect(warned).not.toHaveBeenCalled();
    } finally {
      await Promise.all([publisher.close(), asking.close(), loader.close(), controller.close()]);
    }
  });

  test('a resolver may write nothing, and one without INFO writes no line of its own', async () => {
    const warned = vi.spyOn(console, 'warn').mockImplementation(() => {});
    const writer = createValuePublisher({ redis: as('kubecast-resolver') });
    await expect(writer.publish(item('1'))).rejects.toMatchObject({ kind: 'refused' });
    await writer.close();
    await admin('ACL SETUSER kubecast-resolver -info');
    const loader = createLoader({ redis: as('kubecast-resolver') });
    await admin('SET iiot_plain 1');
    loader.want({ id: 'plain', version: '1', owner: { ...owner, model: 'plain' } });
    await loader.settled();
    expect(loader.get('plain')).toMatchObject({ payload: 1 });
    expect(warned).not.toHaveBeenCalled();
    await loader.close();
  });
});
