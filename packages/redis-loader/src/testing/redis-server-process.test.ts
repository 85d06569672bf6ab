import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { Redis } from 'ioredis';
import { expect, test } from 'vitest';
import { findRedisServer, startRedis } from './index.ts';

const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
};

const hasServer = findRedisServer() !== undefined;

test.runIf(hasServer)('a process that is killed leaves neither its redis-server nor a folder behind', async () => {
  const program = `
    import { startRedis } from ${JSON.stringify(new URL('./index.ts', import.meta.url).href)};
    const redis = await startRedis({ kind: 'redis-server' });
    console.log(JSON.stringify({ pid: redis.pid, url: redis.url }));
    setInterval(() => {}, 1000);`;
  const child = spawn(process.execPath, ['--conditions=@kubecast/source', '--input-type=module', '-e', program], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const line = await new Promise<string>((resolve) => child.stdout.once('data', (data: Buffer) => resolve(data.toString())));
  const { pid, url } = JSON.parse(line) as { pid: number; url: string };
  const client = new Redis(url, { retryStrategy: null, commandTimeout: 5_000 });
  client.on('error', () => {});
  const folder = ((await client.config('GET', 'dir')) as string[])[1] as string;
  expect(isAlive(pid)).toBe(true);
  expect(existsSync(folder)).toBe(true);
  const cut = new Promise((resolve) => client.once('end', resolve));
  child.kill('SIGKILL');
  await cut;
  // The holder still waits for its child and removes the folder: nothing tells of it but the file system.
  const deadline = performance.now() + 5_000;
  while ((isAlive(pid) || existsSync(folder)) && performance.now() < deadline) await new Promise((resolve) => setImmediate(resolve));
  expect(isAlive(pid)).toBe(false);
  expect(existsSync(folder)).toBe(false);
});

test.runIf(hasServer)('closing removes its folder, twice is once, and it does not start again', async () => {
  const redis = await startRedis({ kind: 'redis-server' });
  const client = new Redis(redis.url, { retryStrategy: null, commandTimeout: 5_000 });
  client.on('error', () => {});
  const folder = ((await client.config('GET', 'dir')) as string[])[1] as string;
  await redis.close();
  await redis.close();
  await redis.start();
  expect(existsSync(folder)).toBe(false);
  expect(redis.pid).toBeUndefined();
});

test('without a redis-server on the PATH none is found', () => {
  expect(findRedisServer('/nonexistent:')).toBeUndefined();
});
