import { execFileSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createLoader, createValuePublisher, readRedisConfig, redisTargetOf, type RedisTarget } from '../index.ts';
import { findRedisServer, startRedisServer, type TestRedis } from '../testing/index.ts';

let folder: string;
const servers: TestRedis[] = [];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'kubecast-redis-config-'));
});
afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.close()));
  rmSync(folder, { recursive: true, force: true });
});
const file = (name: string, content: unknown): string => {
  const path = join(folder, name);
  writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content));
  return path;
};
const files = (path: string): string => `text of ${path}\n`;

test('a configuration becomes a target', () => {
  expect(redisTargetOf({ url: 'rediss://user:p%40w@[::1]:7000/3', tls: { serverName: 'redis' } }, files)).toEqual({
    host: '::1',
    port: 7000,
    username: 'user',
    password: 'p@w',
    db: 3,
    tls: { servername: 'redis' },
  });
  expect(redisTargetOf({ url: 'redis://h', username: 'u', passwordFile: 'pw', database: 2 }, files)).toEqual({
    host: 'h',
    port: 6379,
    username: 'u',
    password: 'text of pw',
    db: 2,
  });
  const tls = { ca: 'text of ca\n', cert: 'text of c\n', key: 'text of k\n' };
  const nodes = [{ host: 'a', port: 1 }, { host: 'b' }];
  expect(redisTargetOf({ cluster: { nodes }, passwordFile: 'pw', tls: { ca: 'ca', cert: 'c', key: 'k' } }, files)).toEqual({
    cluster: {
      nodes: [
        { host: 'a', port: 1 },
        { host: 'b', port: 6379 },
      ],
      options: { redisOptions: { password: 'text of pw', tls } },
    },
  });
  expect(redisTargetOf({ sentinel: { name: 'primary', nodes, passwordFile: 's', role: 'replica' }, tls: { ca: 'ca' } }, files)).toEqual({
    name: 'primary',
    sentinels: [
      { host: 'a', port: 1 },
      { host: 'b', port: 26_379 },
    ],
    role: 'slave',
    sentinelPassword: 'text of s',
    tls: { ca: 'text of ca\n' },
    sentinelTLS: { ca: 'text of ca\n' },
    enableTLSForSentinelMode: true,
  });
});

test.each<[unknown, RegExp]>([
  [{}, /needs exactly one of url, sentinel and cluster; it has none/],
  [{ url: 'redis://h', cluster: { nodes: [{ host: 'h' }] } }, /it has url and cluster/],
  [[], /the Redis configuration must be an object/],
  [{ url: 'redis://h', sentinal: {} }, /sentinal is no field of the Redis configuration; there are url, sentinel/],
  [{ cluster: { nodes: [] } }, /cluster\.nodes must be a list of at least one/],
  [{ cluster: {} }, /cluster\.nodes is missing/],
  [{ cluster: { nodes: [{ port: 1 }] } }, /cluster\.nodes\[0\]\.host is missing/],
  [{ cluster: { nodes: [{ host: 'h', port: '6379' }] } }, /cluster\.nodes\[0\]\.port must be a port/],
  [{ cluster: { nodes: [{ host: 'h' }] }, database: 1 }, /a cluster has only the database 0/],
  [{ sentinel: { nodes: [{ host: 'h' }] } }, /sentinel\.name is missing/],
  [{ sentinel: { name: 'p', nodes: [{ host: 'h' }], role: 'master' } }, /sentinel\.role must be "primary" or "replica"/],
  [{ url: 'redis://h', tls: { cert: 'c' } }, /tls: cert and key belong together/],
  [{ url: 'redis://h?db=1' }, /url: options behind \? are not taken here/],
  [{ url: 'http://h' }, /must be redis: or rediss:/],
  [{ url: 'redis://h', database: -1 }, /database must be a whole number/],
  [{ url: '' }, /url must be a text that is not empty/],
  [{ url: 'redis://h', constructor: {} }, /constructor is no field/],
  [JSON.parse('{"url":"redis://h","__proto__":1}'), /__proto__ is no field/],
])('what cannot be one is refused by its place: %j', (config, message) => {
  expect(() => redisTargetOf(config, files)).toThrow(message);
});

test('a file is named with what is wrong, and its text is not shown', () => {
  expect(() => readRedisConfig(join(folder, 'none.json'))).toThrow(/none\.json: there is no such file/);
  expect(() => readRedisConfig(file('bad.json', '{"url": "redis://:geheim@h"'))).toThrow(/^(?!.*geheim).*bad\.json: is not JSON/u);
  expect(() => readRedisConfig(file('c.json', { url: 'redis://h', tls: { ca: 'no-ca.pem' } }))).toThrow(
    /no-ca\.pem: there is no such file/,
  );
  file('pw', 'geheim\n');
  expect(readRedisConfig(file('d.json', { url: 'redis://h', passwordFile: 'pw' }))).toMatchObject({ password: 'geheim' });
});

const owner = { namespace: 'n', app: 'a', model: 'm' };

/** Publishes and loads over a target. */
async function works(redis: RedisTarget, version: string): Promise<void> {
  const publisher = createValuePublisher({ redis });
  const loader = createLoader({ redis });
  try {
    await publisher.publish({ ...owner, version, payload: `content of ${version}` });
    loader.want({ id: 'm', version, owner });
    await loader.settled();
    expect(loader.get('m')).toMatchObject({ state: 'current', payload: `content of ${version}` });
  } finally {
    await Promise.all([loader.close(), publisher.close()]);
  }
}

const binary = findRedisServer() ?? '';
const hasTls = (() => {
  try {
    execFileSync('openssl', ['version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
})();
const freePort = (): Promise<number> =>
  new Promise((resolve) => {
    const probe = createServer().listen(0, '127.0.0.1', () => {
      const address = probe.address();
      probe.close(() => resolve(typeof address === 'object' ? (address?.port ?? 0) : 0));
    });
  });

describe.runIf(binary !== '')('on real redis-servers', () => {
  test.runIf(hasTls)('TLS with a certificate of the client, by a file; without one the reason is told', async () => {
    const openssl = (...args: readonly string[]): void => void execFileSync('openssl', args, { cwd: folder, stdio: 'ignore' });
    const subject = (name: string): readonly string[] => [
      '-newkey',
      'rsa:2048',
      '-nodes',
      '-keyout',
      `${name}.key`,
      '-subj',
      `/CN=${name}`,
    ];
    openssl('req', '-x509', ...subject('ca'), '-days', '2', '-out', 'ca.crt');
    writeFileSync(join(folder, 'san'), 'subjectAltName=IP:127.0.0.1,DNS:redis.example');
    for (const name of ['server', 'client']) {
      openssl('req', ...subject(name), '-out', `${name}.csr`);
      const signed = ['-CA', 'ca.crt', '-CAkey', 'ca.key', '-CAcreateserial', '-days', '2', '-extfile', 'san', '-out', `${name}.crt`];
      openssl('x509', '-req', '-in', `${name}.csr`, ...signed);
    }
    const port = await freePort();
    const path = (name: string): string => join(folder, name);
    servers.push(
      await startRedisServer({
        binary,
        args: [
          ...['--tls-port', String(port), '--tls-cert-file', path('server.crt'), '--tls-key-file', path('server.key')],
          ...['--tls-ca-cert-file', path('ca.crt'), '--tls-auth-clients', 'yes'],
        ],
      }),
    );
    const url = `rediss://127.0.0.1:${port}`;
    await works(readRedisConfig(file('tls.json', { url, tls: { ca: 'ca.crt', cert: 'client.crt', key: 'client.key' } })), '1');
    const named = { url, tls: { ca: 'ca.crt', cert: 'client.crt', key: 'client.key', serverName: 'redis.example' } };
    await works(readRedisConfig(file('named.json', named)), '2');
    const without = createValuePublisher({
      redis: readRedisConfig(file('without.json', { url, tls: { ca: 'ca.crt' } })),
      commandTimeoutMs: 2_000,
    });
    await expect(without.ping()).rejects.toThrow(/Redis/);
    await without.close();
  });

  test('a primary that Sentinel watches, by a file; after a failover the new one is found', { timeout: 60_000 }, async () => {
    const primary = await startRedisServer({ binary });
    servers.push(primary);
    const replica = await startRedisServer({ binary, args: ['--replicaof', primary.host, String(primary.port)] });
    servers.push(replica);
    // A sentinel takes its settings from a file that it writes; of those of a server only the port.
    const sentinel = file(
      'sentinel.sh',
      `#!/bin/sh
conf="$KUBECAST_REDIS_DIR/sentinel.conf"
printf 'port %s\\nbind 127.0.0.1\\nsentinel monitor p 127.0.0.1 ${primary.port} 1\\nsentinel down-after-milliseconds p 500\\nsentinel failover-timeout p 3000\\n' "$2" >"$conf"
echo 'Ready to accept connections'
exec '${binary}' "$conf" --sentinel
`,
    );
    chmodSync(sentinel, 0o755);
    const watcher = await startRedisServer({ binary: sentinel });
    servers.push(watcher);
    const client = new Redis(replica.port, replica.host, { commandTimeout: 5_000 });
    const asked = new Redis(watcher.port, watcher.host, { commandTimeout: 5_000 });
    for (const each of [client, asked]) each.on('error', () => {}); // Their servers end before them.
    try {
      while (!(await client.info('replication')).includes('master_link_status:up'));
      while (!String(await asked.call('SENTINEL', 'REPLICAS', 'p').catch(() => '')).includes(String(replica.port)));
      const target = readRedisConfig(
        file('sentinel.json', { sentinel: { name: 'p', nodes: [{ host: watcher.host, port: watcher.port }] } }),
      );
      await works(target, '1');
      while ((await client.get('a_m')) === null);
      await primary.close();
      while (!String(await asked.call('SENTINEL', 'GET-MASTER-ADDR-BY-NAME', 'p')).includes(String(replica.port)));
      while (!(await client.info('replication')).includes('role:master'));
      await works(target, '2');
      expect((await client.get('a_m')) ?? '').toContain('"version":"2"');
    } finally {
      client.disconnect();
      asked.disconnect();
    }
  });
});
