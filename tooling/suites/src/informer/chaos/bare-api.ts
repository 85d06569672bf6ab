import { Agent, request } from 'node:https';
import type { IncomingMessage } from 'node:http';

export interface BareAnswer {
  readonly code: number;
  readonly text: string;
}

/** Plain requests over node:https, with none of our own code between: what checks the client and the informer must not stand on them. */
export class BareApi {
  readonly #server: string;
  readonly #ca: string;
  readonly #token: string;
  #agent: Agent;

  constructor(server: string, ca: string, token: string) {
    this.#server = server;
    this.#ca = ca;
    this.#token = token;
    this.#agent = this.#newAgent();
  }

  /** Sends a request and reads its answer whole. Rejects when there is none within the time. */
  async send(method: string, path: string, body?: unknown, type = 'application/json', withinMs = 20_000): Promise<BareAnswer> {
    const response = await this.open(method, path, body, type, withinMs);
    const chunks: Buffer[] = [];
    for await (const chunk of response) chunks.push(chunk as Buffer);
    return { code: response.statusCode ?? 0, text: Buffer.concat(chunks).toString('utf8') };
  }

  /** Sends a request and gives the answer as it comes; the time is that of silence. */
  open(method: string, path: string, body?: unknown, type = 'application/json', withinMs = 20_000): Promise<IncomingMessage> {
    return new Promise((resolve, reject) => {
      const out = request(
        `${this.#server}${path}`,
        {
          method,
          agent: this.#agent,
          ca: this.#ca,
          timeout: withinMs,
          headers: { authorization: `Bearer ${this.#token}`, ...(body === undefined ? {} : { 'content-type': type }) },
        },
        resolve,
      );
      out.on('error', reject);
      out.on('timeout', () => out.destroy(new Error(`${method} ${path}: silent for ${withinMs} ms`)));
      out.end(body === undefined ? undefined : JSON.stringify(body));
    });
  }

  /** Lists everything under a path, page by page at one version, each object as it stands in the answer. */
  async list(path: string, query = ''): Promise<{ readonly version: string; readonly items: readonly Record<string, unknown>[] }> {
    const items: Record<string, unknown>[] = [];
    for (let token = ''; ;) {
      const more = `limit=2000${query === '' ? '' : `&${query}`}${token === '' ? '' : `&continue=${encodeURIComponent(token)}`}`;
      const { code, text } = await this.send('GET', `${path}?${more}`);
      if (code !== 200) throw new Error(`GET ${path}?${more}: ${code} ${text.slice(0, 300)}`);
      const page = JSON.parse(text) as {
        metadata: { continue?: string; resourceVersion: string };
        items: Record<string, unknown>[];
      };
      for (const item of page.items) items.push(item);
      token = page.metadata.continue ?? '';
      if (token === '') return { version: page.metadata.resourceVersion, items };
    }
  }

  /** Drops the kept connections: after a restart they lead nowhere. */
  reconnect(): void {
    this.#agent.destroy();
    this.#agent = this.#newAgent();
  }

  close(): void {
    this.#agent.destroy();
  }

  #newAgent(): Agent {
    return new Agent({ keepAlive: true, maxSockets: 24 });
  }
}
