import { connect, createServer, type Socket } from 'node:net';

/** A way to a server that takes a while in each direction, and counts how often somebody waited for an answer before asking more. */
export interface LatencyProxy extends AsyncDisposable {
  readonly url: string;
  /** How often bytes went to the server after an answer had come back. */
  readonly roundTrips: number;
  close(): Promise<void>;
}

/** Listens on loopback; hands on what comes, in order, `delayMs` later. */
export async function startLatencyProxy(target: { readonly host: string; readonly port: number }, delayMs: number): Promise<LatencyProxy> {
  const sockets = new Set<Socket>();
  let roundTrips = 0;
  const server = createServer((near) => {
    const far = connect(target.port, target.host);
    let answered = true;
    const late = (to: Socket, chunk: Buffer): void => void setTimeout(() => to.writable && to.write(chunk), delayMs);
    near.on('data', (chunk: Buffer) => {
      if (answered) roundTrips += 1;
      answered = false;
      late(far, chunk);
    });
    far.on('data', (chunk: Buffer) => {
      answered = true;
      late(near, chunk);
    });
    for (const socket of [near, far]) {
      sockets.add(socket);
      socket.setNoDelay(true);
      socket.on('error', () => {}); // The other side's end is handed on by 'close'.
      socket.on('close', () => {
        sockets.delete(socket);
        near.destroy();
        far.destroy();
      });
    }
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  const address = server.address();
  const close = async (): Promise<void> => {
    for (const socket of sockets) socket.destroy();
    await new Promise<void>((resolve) => void server.close(() => resolve()));
  };
  return {
    url: `redis://127.0.0.1:${typeof address === 'object' ? (address?.port ?? 0) : 0}`,
    get roundTrips() {
      return roundTrips;
    },
    close,
    [Symbol.asyncDispose]: close,
  };
}
