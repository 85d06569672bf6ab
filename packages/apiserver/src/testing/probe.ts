import { Agent, request as httpsRequest } from 'node:https';
import type { ClientRequest, IncomingHttpHeaders, IncomingMessage } from 'node:http';
import type { ApiServer } from '../api-server.ts';

/** How a server is reached: the embedded one, or a real one. */
export interface Reach {
  readonly url: string;
  readonly ca: string;
  readonly token: string;
}

export interface Reply {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  /** The body as it came, compressed where the headers say so. */
  readonly bytes: Buffer;
  readonly text: string;
  /** The body parsed; undefined where it is no JSON. */
  // oxlint-disable-next-line typescript/no-explicit-any -- tests look into answers of every shape
  readonly json: any;
}

export interface ProbeRequest {
  readonly body?: unknown;
  readonly type?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly agent?: Agent;
  readonly signal?: AbortSignal;
}

export interface WatchLine {
  readonly type: string;
  // oxlint-disable-next-line typescript/no-explicit-any -- as above
  readonly object: any;
}

/** Speaks plain HTTPS with an API server, for tests: what goes over the wire, and nothing that a client library would make of it. */
export class Probe {
  readonly #reach: Reach;
  readonly #agent: Agent;

  constructor(reach: Reach) {
    this.#reach = reach;
    this.#agent = new Agent({ keepAlive: true, maxSockets: 50 });
  }

  static of(server: ApiServer, user?: string): Probe {
    return new Probe({ url: server.url, ca: server.ca, token: server.token(user) });
  }

  close(): void {
    this.#agent.destroy();
  }

  get(path: string, options: ProbeRequest = {}): Promise<Reply> {
    return this.request('GET', path, options);
  }

  post(path: string, body: unknown, options: ProbeRequest = {}): Promise<Reply> {
    return this.request('POST', path, { body, ...options });
  }

  put(path: string, body: unknown, options: ProbeRequest = {}): Promise<Reply> {
    return this.request('PUT', path, { body, ...options });
  }

  /** A merge patch unless `type` says otherwise. */
  patch(path: string, body: unknown, type = 'application/merge-patch+json'): Promise<Reply> {
    return this.request('PATCH', path, { body, type });
  }

  delete(path: string, body?: unknown): Promise<Reply> {
    return this.request('DELETE', path, body === undefined ? {} : { body });
  }

  async request(method: string, path: string, options: ProbeRequest = {}): Promise<Reply> {
    const response = await this.#send(method, path, options);
    const chunks: Buffer[] = [];
    for await (const chunk of response as AsyncIterable<Buffer>) chunks.push(chunk);
    const bytes = Buffer.concat(chunks);
    const text = bytes.toString('utf8');
    let json: unknown;
    try {
      json = JSON.parse(text);
    } catch {
      json = undefined;
    }
    return { status: response.statusCode ?? 0, headers: response.headers, bytes, text, json };
  }

  /** Opens a watch; resolves when the headers are there. */
  async watch(path: string, headers: Readonly<Record<string, string>> = {}): Promise<WatchReader> {
    const controller = new AbortController();
    const response = await this.#send('GET', path, { headers, signal: controller.signal });
    return new WatchReader(response, controller);
  }

  #send(method: string, path: string, options: ProbeRequest): Promise<IncomingMessage> {
    const { url, ca, token } = this.#reach;
    const bytes =
      options.body === undefined
        ? undefined
        : Buffer.isBuffer(options.body)
          ? options.body
          : Buffer.from(typeof options.body === 'string' ? options.body : JSON.stringify(options.body));
    const target = new URL(url);
    return new Promise((resolve, reject) => {
      const sent: ClientRequest = httpsRequest(
        {
          host: target.hostname,
          port: target.port,
          path,
          method,
          ca,
          agent: options.agent ?? this.#agent,
          ...(options.signal === undefined ? {} : { signal: options.signal }),
          headers: {
            ...(token === '' ? {} : { Authorization: `Bearer ${token}` }),
            ...(bytes === undefined ? {} : { 'Content-Type': options.type ?? 'application/json', 'Content-Length': String(bytes.length) }),
            ...options.headers,
          },
        },
        resolve,
      );
      sent.on('error', reject);
      sent.end(bytes);
    });
  }
}

/** The lines of one watch, in order. */
export class WatchReader {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly #controller: AbortController;
  readonly #response: IncomingMessage;
  readonly #lines: WatchLine[] = [];
  #waiting: (() => void) | undefined;
  #rest = '';
  /** How the stream ended: `end` cleanly, `cut` not. */
  #ended: 'end' | 'cut' | undefined;

  constructor(response: IncomingMessage, controller: AbortController) {
    this.status = response.statusCode ?? 0;
    this.headers = response.headers;
    this.#controller = controller;
    this.#response = response;
    response.setEncoding('utf8');
    response.on('data', (text: string) => this.#take(text));
    response.on('end', () => this.#finish('end'));
    response.on('error', () => this.#finish('cut'));
    response.on('close', () => this.#finish('cut'));
  }

  /** The next line; undefined when the stream has ended. */
  async next(): Promise<WatchLine | undefined> {
    while (this.#lines.length === 0 && this.#ended === undefined) {
      await new Promise<void>((resolve) => {
        this.#waiting = resolve;
      });
    }
    return this.#lines.shift();
  }

  /** The next `count` lines as `TYPE name@version`. */
  async take(count: number): Promise<string[]> {
    const lines: string[] = [];
    while (lines.length < count) {
      const line = await this.next();
      if (line === undefined) throw new Error(`the watch ended (${this.#ended}) after ${JSON.stringify(lines)}`);
      lines.push(`${line.type} ${line.object.metadata.name ?? ''}@${line.object.metadata.resourceVersion}`);
    }
    return lines;
  }

  /** Waits for the end; gives how it came, and the cut line's part if there was one. */
  async ended(): Promise<{ how: 'end' | 'cut'; rest: string }> {
    while (this.#ended === undefined) {
      await new Promise<void>((resolve) => {
        this.#waiting = resolve;
      });
    }
    return { how: this.#ended, rest: this.#rest };
  }

  /** Stops reading from the connection; gives the call that goes on. */
  pause(): () => void {
    this.#response.pause();
    return () => void this.#response.resume();
  }

  close(): void {
    this.#controller.abort();
  }

  #take(text: string): void {
    const parts = (this.#rest + text).split('\n');
    this.#rest = parts.pop() ?? '';
    for (const part of parts) this.#lines.push(JSON.parse(part) as WatchLine);
    this.#waiting?.();
  }

  #finish(how: 'end' | 'cut'): void {
    this.#ended ??= how;
    this.#waiting?.();
  }
}
