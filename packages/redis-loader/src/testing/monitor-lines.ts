import { connect as connectTcp } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { RedisLoaderError } from '../errors.ts';

/** A command as MONITOR tells it. */
export interface MonitoredCommand {
  readonly args: readonly string[];
  /** The client's address, or `lua` for what a script ran. */
  readonly address: string;
}

export interface Monitor {
  close(): void;
}

const CONNECT_MS = 5_000;

/**
 * Tells each command that a Redis gets from now on, in its order. On a socket of its own: ioredis takes a line of MONITOR that arrives in one piece with
 * MONITOR's own answer for the answer of a command, and throws.
 *
 * @throws RedisLoaderError TestRedis when there is no connection, no login or no MONITOR within five seconds; no text shows the URL.
 */
export function monitor(url: string, name: string, onCommand: (command: MonitoredCommand) => void): Promise<Monitor> {
  const { protocol, hostname, port, username, password } = new URL(url);
  const host = hostname.replace(/^\[|\]$/gu, '');
  const place = { host, port: Number(port || 6379) };
  const socket = protocol === 'rediss:' ? connectTls({ ...place, servername: host }) : connectTcp(place);
  const login = [username, password].filter((part) => part !== '').map(decodeURIComponent);
  const commands = [...(password === '' ? [] : [['AUTH', ...login]]), ['CLIENT', 'SETNAME', name], ['MONITOR']];
  const { promise, resolve, reject } = Promise.withResolvers<Monitor>();
  const failed = (reason: string): void => {
    socket.destroy();
    reject(new RedisLoaderError('TestRedis', `the commands of Redis cannot be watched: ${reason}`));
  };
  socket.setTimeout(CONNECT_MS, () => failed(`no answer within ${CONNECT_MS} ms`));
  socket.on('error', (error) => failed((error as NodeJS.ErrnoException).code ?? 'the connection failed'));
  socket.on('close', () => failed('the connection was closed'));
  socket.write(commands.map(encode).join(''));
  let answers = 0;
  let rest = '';
  // Redis escapes whatever is not printable ASCII, so that a character is a byte.
  socket.setEncoding('latin1').on('data', (text: string) => {
    const lines = (rest + text).split('\r\n');
    rest = lines.pop() ?? '';
    for (const line of lines) {
      if (answers === commands.length) {
        const command = readMonitorLine(line);
        if (command) onCommand(command);
      } else if (line === '+OK') {
        answers += 1;
        if (answers < commands.length) continue;
        socket.setTimeout(0);
        resolve({ close: () => socket.destroy() });
      } else failed(`${commands[answers]?.[0]} was answered ${line.slice(1).split(' ')[0]}`);
    }
  });
  return promise;
}

function encode(args: readonly string[]): string {
  return `*${args.length}\r\n${args.map((arg) => `$${Buffer.byteLength(arg)}\r\n${arg}\r\n`).join('')}`;
}

/** Reads `+1339518083.107412 [0 127.0.0.1:60866] "get" "a"`; undefined for what is none. */
export function readMonitorLine(line: string): MonitoredCommand | undefined {
  const head = /^\+\d+\.\d+ \[\d+ ([^\]]*(?:\]:\d+)?)\]/u.exec(line);
  if (!head) return undefined;
  const args = Array.from(line.slice(head[0].length).matchAll(/ "((?:[^"\\]|\\.)*)"/gu), ([, quoted = '']) => unquote(quoted));
  return { args, address: head[1] ?? '' };
}

const ESCAPES: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t', a: '\x07', b: '\b' };

function unquote(quoted: string): string {
  const bytes = quoted.replace(/\\(x[\da-f]{2}|.)/giu, (_, escape: string) =>
    escape.length === 3 ? String.fromCharCode(Number.parseInt(escape.slice(1), 16)) : (ESCAPES[escape] ?? escape),
  );
  return Buffer.from(bytes, 'latin1').toString('utf8');
}
