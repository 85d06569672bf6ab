import type { Socket } from 'node:net';
import type { Connection } from '../connection/connection.ts';
import { ConnectionError } from '../errors.ts';

interface Login {
  readonly username: string;
  readonly password: string;
}

/** Opens a socket to `host:port` through a proxy: CONNECT for http(s), RFC 1928 and 1929 for socks5. The caller speaks TLS on it. */
export async function openTunnel(
  connection: Pick<Connection, 'proxyUrl' | 'proxyCredentials'>,
  host: string,
  port: number,
  signal: AbortSignal,
): Promise<Socket> {
  const proxy = new URL(connection.proxyUrl ?? '');
  const { username = '', password = '' } = (await connection.proxyCredentials?.get({ fresh: false, signal })) ?? {};
  const socket = await connectTo(proxy, signal);
  const onAbort = (): void => {
    socket.destroy();
  };
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    if (proxy.protocol.startsWith('socks5')) await socks5(socket, { username, password }, host, port);
    else await httpConnect(socket, { username, password }, host, port);
    return socket;
  } catch (error) {
    socket.destroy();
    if (signal.aborted) throw signal.reason;
    throw new ConnectionError(
      `the proxy ${proxy.protocol}//${proxy.host} opened no way to ${host}:${port}: ${error instanceof Error ? error.message : String(error)}`,
      { cause: error },
    );
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}

async function connectTo(proxy: URL, signal: AbortSignal): Promise<Socket> {
  const secure = proxy.protocol === 'https:';
  const port = Number(proxy.port) || (secure ? 443 : proxy.protocol === 'http:' ? 80 : 1080);
  const host = proxy.hostname.replace(/^\[|\]$/g, '');
  const net = await import('node:net');
  const tls = secure ? await import('node:tls') : undefined;
  return new Promise((resolve, reject) => {
    const socket: Socket =
      tls === undefined ? net.connect(port, host) : tls.connect({ host, port, servername: net.isIP(host) === 0 ? host : '' });
    const onAbort = (): void => {
      socket.destroy();
      reject(signal.reason as Error);
    };
    const onError = (cause: Error): void => {
      signal.removeEventListener('abort', onAbort);
      reject(new ConnectionError(`the proxy ${proxy.protocol}//${proxy.host} cannot be reached: ${cause.message}`, { cause }));
    };
    socket.once('error', onError);
    socket.once(secure ? 'secureConnect' : 'connect', () => {
      signal.removeEventListener('abort', onAbort);
      socket.off('error', onError);
      resolve(socket);
    });
    if (signal.aborted) onAbort();
    else signal.addEventListener('abort', onAbort, { once: true });
  });
}

async function httpConnect(socket: Socket, as: Login, host: string, port: number): Promise<void> {
  const target = `${host.includes(':') ? `[${host}]` : host}:${port}`;
  const basic = Buffer.from(`${as.username}:${as.password}`, 'utf8').toString('base64');
  const authorization = as.username === '' ? '' : `Proxy-Authorization: Basic ${basic}\r\n`;
  socket.write(`CONNECT ${target} HTTP/1.1\r\nHost: ${target}\r\n${authorization}\r\n`);
  const head = await readUntil(socket, (bytes) => {
    const end = bytes.indexOf('\r\n\r\n');
    return end < 0 ? undefined : end + 4;
  });
  const line = head.toString('latin1').split('\r\n', 1)[0] ?? '';
  if (!/^HTTP\/1\.[01] 2\d\d/.test(line)) throw new Error(`it answered ${JSON.stringify(line.slice(0, 100))}`);
}

async function socks5(socket: Socket, as: Login, host: string, port: number): Promise<void> {
  const user = new TextEncoder().encode(as.username);
  const password = new TextEncoder().encode(as.password);
  socket.write(Uint8Array.of(5, 1, user.length > 0 ? 2 : 0));
  const method = await readUntil(socket, (bytes) => (bytes.length >= 2 ? 2 : undefined));
  if (method[1] === 2) {
    socket.write(Uint8Array.of(1, user.length, ...user, password.length, ...password));
    const answer = await readUntil(socket, (bytes) => (bytes.length >= 2 ? 2 : undefined));
    if (answer[1] !== 0) throw new Error('it refused the user and password');
  } else if (method[1] !== 0) throw new Error('it accepts none of our ways to log in');
  const name = new TextEncoder().encode(host);
  // By name: the proxy resolves it, which is what it is for.
  socket.write(Uint8Array.of(5, 1, 0, 3, name.length, ...name, port >> 8, port & 255));
  const reply = await readUntil(socket, (bytes) => {
    if (bytes.length < 5) return undefined;
    const size = bytes[3] === 1 ? 10 : bytes[3] === 4 ? 22 : 7 + (bytes[4] ?? 0);
    return bytes.length >= size ? size : undefined;
  });
  if (reply[1] !== 0) throw new Error(`it answered with SOCKS error ${reply[1]}`);
}

/** Reads until `complete` tells the length of the message; what came after it is given back to the socket. */
function readUntil(socket: Socket, complete: (bytes: Buffer) => number | undefined): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    let bytes: Buffer = Buffer.alloc(0);
    const stop = (): void => {
      socket.off('data', onData);
      socket.off('error', onError);
      socket.off('close', onClose);
      socket.pause();
    };
    const onData = (chunk: Buffer): void => {
      bytes = Buffer.concat([bytes, chunk]);
      const size = complete(bytes);
      if (size === undefined) {
        if (bytes.length > 65_536) {
          stop();
          reject(new Error('its answer is too long'));
        }
        return;
      }
      stop();
      if (bytes.length > size) socket.unshift(bytes.subarray(size));
      resolve(bytes.subarray(0, size));
    };
    const onError = (error: Error): void => {
      stop();
      reject(error);
    };
    const onClose = (): void => {
      stop();
      reject(new Error('it closed the connection'));
    };
    socket.on('data', onData);
    socket.once('error', onError);
    socket.once('close', onClose);
    socket.resume();
  });
}
