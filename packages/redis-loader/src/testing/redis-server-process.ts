import { spawn, type ChildProcess } from 'node:child_process';
import { accessSync, constants, mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { RedisLoaderError } from '../errors.ts';
import type { CommandLog, TestRedis } from './test-redis.ts';
import { watchCommands } from './watch-commands.ts';

/**
 * Holds redis-server for as long as somebody holds its stdin. The line `keep` ends it with its data saved; the end of the input in any
 * other way, SIGKILL of the holder too, kills it and removes its folder.
 */
const HOLDER = `trap '' INT HUP TERM
"$@" </dev/null & pid=$!
echo "kubecast pid $pid"
read -r order
if [ "$order" = keep ]; then kill -CONT $pid; kill -TERM $pid; wait $pid
else kill -KILL $pid; wait $pid; rm -rf "$KUBECAST_REDIS_DIR"
fi 2>/dev/null`;

export interface RedisServerOptions {
  readonly binary: string;
  readonly port?: number;
  /** More arguments for redis-server. */
  readonly args?: readonly string[];
}

/** The first redis-server on the PATH. */
export function findRedisServer(path: string = process.env['PATH'] ?? ''): string | undefined {
  for (const folder of path.split(delimiter)) {
    const file = join(folder === '' ? '.' : folder, 'redis-server');
    try {
      accessSync(file, constants.X_OK);
      return file;
    } catch {
      // Not there.
    }
  }
  return undefined;
}

/** Starts a redis-server of our own in a folder of its own. */
export async function startRedisServer(options: RedisServerOptions): Promise<TestRedis> {
  for (let attempt = 0; ; attempt += 1) {
    const server = new RedisServerProcess(options, options.port ?? (await freePort()));
    try {
      await server.start();
      return server;
    } catch (error) {
      await server.close();
      // Between looking for a free port and listening on it somebody may have taken it.
      if (options.port !== undefined || attempt >= 4) throw error;
    }
  }
}

/** Below the range from which the system takes ports of outgoing connections. */
async function freePort(): Promise<number> {
  for (let attempt = 0; attempt < 50; attempt += 1) {
    const port = 20_000 + Math.floor(Math.random() * 12_000);
    const isFree = await new Promise<boolean>((resolve) => {
      const probe = createServer();
      probe.once('error', () => resolve(false));
      probe.listen(port, '127.0.0.1', () => probe.close(() => resolve(true)));
    });
    if (isFree) return port;
  }
  throw new RedisLoaderError('TestRedis', 'no free port was found between 20000 and 32000 on 127.0.0.1');
}

class RedisServerProcess implements TestRedis {
  readonly kind = 'redis-server' as const;
  readonly host = '127.0.0.1';
  readonly port: number;
  readonly #options: RedisServerOptions;
  readonly #folder: string;
  #holder: ChildProcess | undefined;
  #ended: Promise<void> = Promise.resolve();
  #pid: number | undefined;
  #paused = false;
  #closed = false;

  constructor(options: RedisServerOptions, port: number) {
    this.#options = options;
    this.port = port;
    this.#folder = mkdtempSync(join(tmpdir(), 'kubecast-redis-'));
  }

  get url(): string {
    return `redis://${this.host}:${this.port}`;
  }

  get pid(): number | undefined {
    return this.#pid;
  }

  async start(): Promise<void> {
    if (this.#holder !== undefined || this.#closed) return;
    // A rule that never fires, so that SIGTERM saves and nothing else does.
    const args = [
      '--port',
      String(this.port),
      '--bind',
      this.host,
      '--dir',
      this.#folder,
      '--save',
      '100000000 100000000',
      '--appendonly',
      'no',
      '--daemonize',
      'no',
      '--protected-mode',
      'no',
      ...(this.#options.args ?? []),
    ];
    const holder = spawn('/bin/sh', ['-c', HOLDER, 'kubecast-redis', this.#options.binary, ...args], {
      stdio: ['pipe', 'pipe', 'ignore'],
      env: { PATH: process.env['PATH'] ?? '', KUBECAST_REDIS_DIR: this.#folder },
      detached: true,
    });
    this.#holder = holder;
    holder.stdin?.on('error', () => {}); // It is gone already.
    const ended = Promise.withResolvers<void>();
    this.#ended = ended.promise;
    const lines: string[] = [];
    await new Promise<void>((resolve, reject) => {
      const failed = (why: string): void =>
        reject(new RedisLoaderError('TestRedis', `redis-server (${this.#options.binary}) did not start on port ${this.port}: ${why}`));
      let rest = '';
      holder.stdout?.setEncoding('utf8').on('data', (chunk: string) => {
        const parts = (rest + chunk).split('\n');
        rest = parts.pop() ?? '';
        for (const line of parts) {
          const pid = /^kubecast pid (\d+)$/u.exec(line)?.[1];
          if (pid !== undefined) this.#pid = Number(pid);
          else if (line.includes('Ready to accept connections')) resolve();
          else if (/bind:|Failed listening|Fatal|FATAL|Bad directive|# Warning: Could not/u.test(line)) {
            failed(line.replace(/^.*? [#*] /u, ''));
          }
          lines.push(line);
          if (lines.length > 20) lines.shift();
        }
      });
      holder.once('error', (error) => {
        failed(error.message);
        ended.resolve();
      });
      holder.once('close', () => {
        if (this.#holder === holder) this.#holder = undefined;
        this.#pid = undefined;
        failed(lines.slice(-3).join('; '));
        ended.resolve();
      });
    });
  }

  async stop(): Promise<void> {
    await this.#end('keep\n');
  }

  pause(): void {
    if (this.#pid === undefined || this.#paused) return;
    process.kill(this.#pid, 'SIGSTOP');
    this.#paused = true;
  }

  resume(): void {
    if (this.#pid === undefined || !this.#paused) return;
    process.kill(this.#pid, 'SIGCONT');
    this.#paused = false;
  }

  watch(): Promise<CommandLog> {
    return watchCommands(this.url);
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.#end('');
    rmSync(this.#folder, { recursive: true, force: true });
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #end(order: string): Promise<void> {
    const holder = this.#holder;
    this.#holder = undefined;
    this.#paused = false;
    holder?.stdin?.end(order);
    await this.#ended;
  }
}
