import { connect, createServer } from 'node:net';
import type { AddressInfo, Server, Socket } from 'node:net';

interface Link {
  readonly down: Socket;
  readonly up: Socket;
  frozen: boolean;
}

/**
 * A TCP proxy before an API server that does what networks do: cut connections, refuse them, hand bytes over in small pieces, and go
 * half-open, where bytes stop and neither side is told, not even when the other has gone.
 */
export class FaultProxy {
  readonly #port: () => number;
  readonly #links = new Set<Link>();
  #server: Server | undefined;
  #listenPort = 0;
  #pieceBytes = 0;
  #freezeNew = false;

  /** @param port of the server behind it, asked for at each connection */
  constructor(port: () => number) {
    this.#port = port;
  }

  get port(): number {
    return this.#listenPort;
  }

  get connections(): number {
    return this.#links.size;
  }

  /** Takes connections, at the same port as before. */
  listen(): Promise<void> {
    return new Promise((resolve, reject) => {
      const server = createServer({ allowHalfOpen: true }, (socket) => this.#join(socket));
      server.once('error', reject);
      server.listen(this.#listenPort, '127.0.0.1', () => {
        this.#server = server;
        this.#listenPort = (server.address() as AddressInfo).port;
        resolve();
      });
    });
  }

  /** Ends every connection with a reset. */
  cut(): void {
    for (const link of [...this.#links]) this.#drop(link);
  }

  /** Ends every connection, and refuses new ones until `listen`. */
  refuse(): void {
    const server = this.#server;
    this.#server = undefined;
    server?.close();
    this.cut();
  }

  /** Goes half-open: what is connected now hears nothing any more. With `andNew` what connects later is taken and left in silence as well. */
  freeze(andNew = false): void {
    this.#freezeNew = andNew;
    for (const link of this.#links) this.#freeze(link);
  }

  /** What was held back is handed over, and goes on; connections whose server has gone meanwhile are cut. */
  thaw(): void {
    this.#freezeNew = false;
    for (const link of [...this.#links]) {
      if (!link.frozen) continue;
      link.frozen = false;
      // Its end may have come while nobody was to be told.
      if (link.up.destroyed || link.up.readableEnded || link.down.readableEnded) {
        this.#drop(link);
        continue;
      }
      link.down.resume();
      link.up.resume();
    }
  }

  /** New bytes are handed over in pieces of at most so many bytes, which ends inside of characters and lines; 0: as they come. */
  pieces(bytes: number): void {
    this.#pieceBytes = bytes;
  }

  close(): void {
    this.refuse();
  }

  #join(down: Socket): void {
    const up = connect({ port: this.#port(), host: '127.0.0.1', allowHalfOpen: true });
    const link: Link = { down, up, frozen: false };
    this.#links.add(link);
    down.setNoDelay(true);
    up.setNoDelay(true);
    down.on('data', (chunk) => this.#pass(chunk, down, up));
    up.on('data', (chunk) => this.#pass(chunk, up, down));
    for (const [from, to] of [
      [down, up],
      [up, down],
    ] as const) {
      from.on('end', () => {
        // Half-open: the other side is not told.
        if (!link.frozen) to.end();
      });
      from.on('error', () => {
        if (!link.frozen || from === down) this.#drop(link);
      });
      from.on('close', () => {
        if (!link.frozen || from === down) this.#drop(link);
      });
      to.on('drain', () => {
        if (!link.frozen) from.resume();
      });
    }
    if (this.#freezeNew) this.#freeze(link);
  }

  #pass(chunk: Buffer, from: Socket, to: Socket): void {
    if (to.destroyed) return;
    const size = this.#pieceBytes === 0 ? chunk.length : this.#pieceBytes;
    let flowing = true;
    for (let at = 0; at < chunk.length; at += size) flowing = to.write(chunk.subarray(at, at + size));
    if (!flowing) from.pause();
  }

  #freeze(link: Link): void {
    link.frozen = true;
    link.down.pause();
    link.up.pause();
  }

  #drop(link: Link): void {
    if (!this.#links.delete(link)) return;
    link.down.resetAndDestroy();
    link.up.destroy();
  }
}
