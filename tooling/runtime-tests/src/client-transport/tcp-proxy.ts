import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';

/** A server of TCP on loopback between the client and another server. */
export interface TcpProxy {
  readonly port: number;
  /** Connections it took so far, and how many are open. */
  readonly accepted: () => number;
  readonly open: () => number;
  /** What the clients asked for: the first lines of their CONNECT, of a CONNECT proxy. */
  readonly asked: readonly string[];
  /** From now on nothing passes on the connections that are open, and none of them ends: they are half-open. New ones pass. */
  freeze(): void;
  close(): Promise<void>;
}

/** Passes everything on to `port`; `connect`: wants an HTTP CONNECT first, and goes where it says. */
export async function startProxy(to: { readonly port: number } | 'connect'): Promise<TcpProxy> {
  const pairs = new Set<{ frozen: boolean; readonly ends: Socket[] }>();
  const asked: string[] = [];
  let accepted = 0;
  const server: Server = createServer((client) => {
    accepted++;
    const pair = { frozen: false, ends: [client] };
    pairs.add(pair);
    const over = (): void => {
      // A frozen pair stays as it is whatever the other side does: that is what half-open means.
      if (pair.frozen || !pairs.delete(pair)) return;
      for (const end of pair.ends) end.destroy();
    };
    const pass = (port: number, first: Uint8Array | undefined, greeting: string): void => {
      const upstream = connect(port, '127.0.0.1', () => {
        if (greeting !== '') client.write(greeting);
        if (first !== undefined && first.length > 0) upstream.write(first);
      });
      pair.ends.push(upstream);
      client.on('data', (data) => {
        if (!pair.frozen) upstream.write(data);
      });
      upstream.on('data', (data) => {
        if (!pair.frozen) client.write(data);
      });
      upstream.on('error', over);
      upstream.on('close', over);
    };
    client.on('error', over);
    client.on('close', over);
    if (to !== 'connect') return pass(to.port, undefined, '');
    client.once('data', (data: Buffer) => {
      const text = data.toString('latin1');
      const line = text.slice(0, text.indexOf('\r\n'));
      asked.push(line);
      const port = Number(/^CONNECT \S+:(\d+) HTTP\/1\.1$/.exec(line)?.[1]);
      if (!(port > 0)) client.end('HTTP/1.1 405 Method Not Allowed\r\n\r\n');
      else pass(port, data.subarray(text.indexOf('\r\n\r\n') + 4), 'HTTP/1.1 200 Connection established\r\n\r\n');
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      resolve();
    });
  });
  return {
    port: (server.address() as AddressInfo).port,
    accepted: () => accepted,
    open: () => pairs.size,
    asked,
    freeze() {
      for (const pair of pairs) pair.frozen = true;
    },
    async close() {
      const closed = new Promise<void>((resolve) =>
        server.close(() => {
          resolve();
        }),
      );
      for (const pair of pairs) for (const end of pair.ends) end.destroy();
      await closed;
    },
  };
}
