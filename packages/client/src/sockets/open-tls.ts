import type { Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import type { Connection } from '../connection/connection.ts';
import type { Identity } from '../connection/identity.ts';

/** The options of node:tls that a connection and the identity of one request ask for. */
export function tlsOptions(connection: Connection, identity: Identity): TlsOptions {
  return {
    ...(identity.ca === undefined ? {} : { ca: identity.ca }),
    ...(identity.cert === undefined ? {} : { cert: identity.cert }),
    ...(identity.key === undefined ? {} : { key: identity.key }),
    ...(connection.serverName === undefined ? {} : { servername: connection.serverName }),
    rejectUnauthorized: connection.insecure !== true,
  };
}

export interface TlsOptions {
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
  readonly servername?: string;
  readonly rejectUnauthorized: boolean;
}

/** Speaks TLS to a server, over a socket that is open (a tunnel) or one of its own. `alpn`: the protocols that are offered. */
export async function openTls(
  to: { readonly host: string; readonly port: number; readonly over?: Socket; readonly alpn?: readonly string[] },
  options: TlsOptions,
  signal: AbortSignal,
): Promise<TLSSocket> {
  const tls = await import('node:tls');
  const net = await import('node:net');
  signal.throwIfAborted();
  return new Promise((resolve, reject) => {
    // No name is asked for where the server has none but its address; an empty one is an error to Deno's node:http2.
    const servername = options.servername ?? (net.isIP(to.host) === 0 ? to.host : undefined);
    const socket = tls.connect({
      ...options,
      ...(to.over === undefined ? { port: to.port } : { socket: to.over }),
      ...(to.alpn === undefined ? {} : { ALPNProtocols: [...to.alpn] }),
      host: to.host,
      ...(servername === undefined ? {} : { servername }),
      checkServerIdentity: (_name, cert) => tls.checkServerIdentity(options.servername ?? to.host, cert),
    });
    const onAbort = (): void => {
      socket.destroy();
      reject(signal.reason as Error);
    };
    const onError = (error: Error): void => {
      signal.removeEventListener('abort', onAbort);
      socket.destroy();
      reject(error);
    };
    const onClose = (): void => {
      onError(new Error('the server closed the connection before TLS was agreed'));
    };
    signal.addEventListener('abort', onAbort, { once: true });
    socket.once('error', onError);
    socket.once('close', onClose);
    socket.once('secureConnect', () => {
      signal.removeEventListener('abort', onAbort);
      socket.off('error', onError);
      socket.off('close', onClose);
      resolve(socket);
    });
  });
}

/** The server's address in parts. */
export function addressOf(server: string): {
  readonly secure: boolean;
  readonly host: string;
  readonly port: number;
  readonly prefix: string;
} {
  const url = new URL(server);
  const secure = url.protocol === 'https:';
  return {
    secure,
    host: url.hostname.replace(/^\[|\]$/g, ''),
    port: Number(url.port) || (secure ? 443 : 80),
    prefix: url.pathname === '/' ? '' : url.pathname,
  };
}
