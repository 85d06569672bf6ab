import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

/**
 * A tiny backend of the sample app: answers with its name, what it was asked, and the length of the body it was sent.
 * `/stream` answers in pieces, so that a forwarded stream can be seen to be one.
 */
export class Backend {
  readonly name: string;
  readonly #server: Server;
  calls = 0;

  constructor(name: string) {
    this.name = name;
    this.#server = createServer((req, res) => {
      this.calls += 1;
      const url = req.url ?? '/';
      if (url.startsWith('/stream')) {
        req.resume();
        res.writeHead(200, { 'content-type': 'text/plain', 'x-backend': name });
        let piece = 0;
        const next = (): void => {
          if (res.destroyed) return;
          piece += 1;
          res.write(`piece ${piece} of 3 from ${name}\n`);
          if (piece < 3) setImmediate(next);
          else res.end();
        };
        return next();
      }
      let bytes = 0;
      req.on('data', (chunk: Buffer) => (bytes += chunk.length));
      req.on('end', () => {
        const body = JSON.stringify({ backend: name, method: req.method, path: url, bodyBytes: bytes, calls: this.calls });
        res.writeHead(200, { 'content-type': 'application/json', 'x-backend': name });
        res.end(`${body}\n`);
      });
    });
  }

  async listen(): Promise<number> {
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', reject).listen(0, '127.0.0.1', resolve);
    });
    return (this.#server.address() as AddressInfo).port;
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
  }
}
