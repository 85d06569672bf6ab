import { createServer, type Server, type Socket } from 'node:net';
import { RedisLoaderError } from '../../errors.ts';
import { runCommand } from './resp-commands.ts';
import { RespDatabase } from './resp-database.ts';
import { RespParser } from './resp-parser.ts';
import { encodeReply, OK, Refusal, Status, type Reply } from './resp-reply.ts';
import type { RespSession, RespWorld } from './resp-session.ts';
import type { TestRedis, CommandLog } from '../test-redis.ts';
import { watchCommands } from '../watch-commands.ts';

/** A command before it is run. */
export interface RespCall {
  /** In lower case. */
  readonly name: string;
  readonly args: readonly string[];
  /** What the connection calls itself. */
  readonly client: string;
}

/** Instead of running a command: answer this error, cut the connection, or never answer. */
export type RespFault = { readonly error: string } | 'cut' | 'hang';

export interface RespServerOptions {
  /** Default: a free one. */
  readonly port?: number;
  /** Asked of everybody, for the user `default`. */
  readonly password?: string;
  /** What WAIT answers. Default 0. */
  readonly replicas?: number;
  /** Milliseconds since the Unix epoch, for expiry. */
  readonly now?: () => number;
}

/** The TestRedis that speaks RESP itself, with faults that a redis-server cannot be asked for. */
export interface RespServer extends TestRedis {
  /** Sets a function that sees every command before it runs; its result, if any, replaces the reply. There is one at a time; undefined removes it. */
  intercept(look: ((call: RespCall) => RespFault | undefined) | undefined): void;
  /** What WAIT answers from now on. */
  setReplicas(count: number): void;
  flushAll(): void;
  /** The keys of a database as they stand, to look at and to change behind the clients' backs. */
  database(index: number): RespDatabase;
  /** Commands that arrived on each open connection, by the name that it gave itself. */
  readonly connections: readonly { readonly name: string; readonly commands: number }[];
}

/** Listens on loopback. Its data lives in memory, also between `stop` and `start`. */
export async function startRespServer(options: RespServerOptions = {}): Promise<RespServer> {
  const server = new InMemoryServer(options);
  await server.start();
  return server;
}

class InMemoryServer implements RespServer, RespWorld {
  readonly kind = 'resp-server' as const;
  readonly host = '127.0.0.1';
  readonly pid = undefined;
  readonly password: string | undefined;
  readonly now: () => number;
  readonly loaded = new Set<string>();
  readonly sessions = new Set<RespSession>();
  readonly #databases = new Map<number, RespDatabase>();
  readonly #sockets = new Map<RespSession, Socket>();
  #held: (() => void)[] = [];
  #paused = false;
  #server: Server | undefined;
  #look: ((call: RespCall) => RespFault | undefined) | undefined;
  #port: number;
  #ids = 0;
  #replicas: number;

  constructor(options: RespServerOptions) {
    this.#port = options.port ?? 0;
    this.password = options.password;
    this.now = options.now ?? Date.now;
    this.#replicas = options.replicas ?? 0;
  }

  get port(): number {
    return this.#port;
  }

  get url(): string {
    return `redis://${this.host}:${this.#port}`;
  }

  get replicas(): number {
    return this.#replicas;
  }

  get connections(): readonly { readonly name: string; readonly commands: number }[] {
    return [...this.sessions].map(({ name, commands }) => ({ name, commands }));
  }

  setReplicas(count: number): void {
    this.#replicas = count;
  }

  intercept(look: ((call: RespCall) => RespFault | undefined) | undefined): void {
    this.#look = look;
  }

  database(index: number): RespDatabase {
    let database = this.#databases.get(index);
    if (database === undefined) this.#databases.set(index, (database = new RespDatabase(this.now)));
    return database;
  }

  flushAll(): void {
    for (const database of this.#databases.values()) database.clear();
  }

  start(): Promise<void> {
    if (this.#server !== undefined) return Promise.resolve();
    const server = createServer({ noDelay: true }, (socket) => this.#accept(socket));
    this.#server = server;
    return new Promise((resolve, reject) => {
      const failed = (error: Error): void => {
        this.#server = undefined;
        reject(
          new RedisLoaderError(
            'TestRedis',
            `the test Redis cannot listen on ${this.host}:${this.#port}: ${error.message}; choose another port`,
            { cause: error },
          ),
        );
      };
      server.once('error', failed);
      server.listen(this.#port, this.host, () => {
        server.off('error', failed);
        const address = server.address();
        if (typeof address === 'object' && address !== null) this.#port = address.port;
        resolve();
      });
    });
  }

  stop(): Promise<void> {
    const server = this.#server;
    if (server === undefined) return Promise.resolve();
    this.#server = undefined;
    this.resume();
    return new Promise((resolve) => {
      server.close(() => resolve());
      for (const socket of this.#sockets.values()) socket.destroy();
    });
  }

  pause(): void {
    this.#paused = true;
  }

  resume(): void {
    this.#paused = false;
    const held = this.#held;
    this.#held = [];
    for (const call of held) call();
  }

  watch(): Promise<CommandLog> {
    return watchCommands(
      this.password === undefined ? this.url : `redis://:${encodeURIComponent(this.password)}@${this.host}:${this.#port}`,
    );
  }

  async close(): Promise<void> {
    await this.stop();
    this.flushAll();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  scriptRan(session: RespSession, args: readonly Buffer[]): void {
    this.#tellMonitors(session, args, 'lua');
  }

  #accept(socket: Socket): void {
    this.#ids += 1;
    const parser = new RespParser();
    const session: RespSession = {
      id: this.#ids,
      address: `${socket.remoteAddress}:${socket.remotePort}`,
      name: '',
      protocol: 2,
      authenticated: this.password === undefined,
      db: 0,
      monitor: false,
      queued: undefined,
      queueBroken: false,
      commands: 0,
      libName: '',
      libVersion: '',
      last: '',
      close: () => socket.destroy(),
    };
    this.sessions.add(session);
    this.#sockets.set(session, socket);
    socket.on('error', () => {}); // The other side is gone: 'close' follows.
    socket.on('close', () => {
      this.sessions.delete(session);
      this.#sockets.delete(session);
    });
    const take = (chunk: Buffer): void => {
      let commands: Buffer[][];
      try {
        commands = parser.push(chunk);
      } catch (error) {
        socket.end(encodeReply(new Refusal(error instanceof Error ? error.message : 'ERR Protocol error'), 2));
        return;
      }
      const replies: Buffer[] = [];
      for (const command of commands) {
        const reply = this.#answer(session, command);
        if (socket.destroyed) return;
        if (reply !== undefined) replies.push(encodeReply(reply, session.protocol));
      }
      if (replies.length > 0) socket.write(Buffer.concat(replies));
    };
    socket.on('data', (chunk: Buffer) => {
      if (this.#paused) this.#held.push(() => void (socket.destroyed || take(chunk)));
      else take(chunk);
    });
  }

  /** Undefined: nothing is answered. */
  #answer(session: RespSession, command: Buffer[]): Reply | undefined {
    const name = (command[0]?.toString('latin1') ?? '').toLowerCase();
    session.commands += 1;
    session.last = name;
    const fault = this.#look?.({ name, args: command.slice(1).map((arg) => arg.toString()), client: session.name });
    if (fault === 'hang') return undefined;
    if (fault === 'cut') return (session.close(), undefined);
    if (session.authenticated && name !== 'auth' && name !== 'hello' && name !== 'monitor')
      this.#tellMonitors(session, command, session.address);
    if (fault !== undefined) return new Refusal(fault.error);
    if (name === 'monitor' && session.authenticated) {
      session.monitor = true;
      return OK;
    }
    if (name === 'quit') {
      const socket = this.#sockets.get(session);
      socket?.end(encodeReply(OK, session.protocol));
      return undefined;
    }
    return this.#transaction(session, name, command);
  }

  #transaction(session: RespSession, name: string, command: Buffer[]): Reply {
    if (name === 'multi') {
      if (session.queued !== undefined) return new Refusal('ERR MULTI calls can not be nested');
      session.queued = [];
      session.queueBroken = false;
      return OK;
    }
    if (name === 'discard' || name === 'exec') {
      const { queued, queueBroken } = session;
      if (queued === undefined) return new Refusal(`ERR ${name.toUpperCase()} without MULTI`);
      session.queued = undefined;
      if (name === 'discard') return OK;
      if (queueBroken) return new Refusal('EXECABORT Transaction discarded because of previous errors.');
      return queued.map((each) => runCommand(session, this, each));
    }
    if (session.queued === undefined) return runCommand(session, this, command);
    session.queued.push(command);
    return new Status('QUEUED');
  }

  #tellMonitors(session: RespSession, args: readonly Buffer[], source: string): void {
    let line: Buffer | undefined;
    for (const each of this.sessions) {
      if (!each.monitor) continue;
      const now = this.now();
      line ??= Buffer.from(
        `+${Math.floor(now / 1000)}.${String((now % 1000) * 1000).padStart(6, '0')} [${session.db} ${source}] ${args.map(quote).join(' ')}\r\n`,
        'latin1',
      );
      this.#sockets.get(each)?.write(line);
    }
  }
}

/** As MONITOR quotes an argument. */
function quote(arg: Buffer): string {
  let text = '"';
  for (const byte of arg) {
    const char = String.fromCharCode(byte);
    if (char === '"' || char === '\\') text += `\\${char}`;
    else if (char === '\n') text += '\\n';
    else if (char === '\r') text += '\\r';
    else if (char === '\t') text += '\\t';
    else if (byte < 0x20 || byte > 0x7e) text += `\\x${byte.toString(16).padStart(2, '0')}`;
    else text += char;
  }
  return `${text}"`;
}
