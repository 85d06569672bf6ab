import type { IncomingHttpHeaders } from 'node:http';
import { Agent, request } from 'node:https';

/** An API server to speak to: the embedded one or the real one. */
export interface Target {
  readonly baseUrl: string;
  /** PEM of the CA that signed its certificate. */
  readonly ca: string;
  /** Bearer token of a cluster administrator. */
  readonly token: string;
}

export interface Answer {
  readonly code: number;
  readonly type: string;
  readonly warnings: string;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
  /** The body as JSON; the text where it is none. */
  readonly body: Json;
}

/** JSON to look into without a cast at every step; what is not there is undefined. */
export interface Json {
  readonly [name: string]: Json;
}

export const json = 'application/json';
export const merge = 'application/merge-patch+json';
export const strategic = 'application/strategic-merge-patch+json';
export const apply = 'application/apply-patch+yaml';

/** Plain requests over one kept connection, without any client library in between. */
export class Api {
  readonly #target: Target;
  readonly #agent: Agent;

  constructor(target: Target) {
    this.#target = target;
    this.#agent = new Agent({ keepAlive: true, maxSockets: 1, ca: target.ca });
  }

  send(
    method: string,
    path: string,
    options: { type?: string; body?: unknown; accept?: string; headers?: Readonly<Record<string, string | readonly string[]>> } = {},
  ): Promise<Answer> {
    const { type, accept } = options;
    const body = options.body === undefined || typeof options.body === 'string' ? options.body : JSON.stringify(options.body);
    const headers = {
      Authorization: `Bearer ${this.#target.token}`,
      'User-Agent': 'suite',
      // Node would send a DELETE's body without its length.
      ...(body === undefined ? {} : { 'Content-Length': String(Buffer.byteLength(body)) }),
      ...(type === undefined ? {} : { 'Content-Type': type }),
      ...(accept === undefined ? {} : { Accept: accept }),
      ...options.headers,
    };
    return new Promise((resolve, reject) => {
      const out = request(`${this.#target.baseUrl}${path}`, { method, agent: this.#agent, headers }, (response) => {
        let text = '';
        response.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
        response.on('error', reject);
        response.on('end', () => {
          resolve({
            code: response.statusCode ?? 0,
            type: response.headers['content-type'] ?? '',
            headers: response.headers,
            warnings: String(response.headers['warning'] ?? ''),
            text,
            body: parsed(text),
          });
        });
      });
      out.on('error', reject);
      out.end(body);
    });
  }

  get(path: string, accept?: string): Promise<Answer> {
    return this.send('GET', path, accept === undefined ? {} : { accept });
  }

  post(path: string, body: unknown): Promise<Answer> {
    return this.send('POST', path, { type: json, body });
  }

  put(path: string, body: unknown): Promise<Answer> {
    return this.send('PUT', path, { type: json, body });
  }

  patch(path: string, type: string, body: unknown): Promise<Answer> {
    return this.send('PATCH', path, { type, body });
  }

  delete(path: string): Promise<Answer> {
    return this.send('DELETE', path);
  }

  close(): void {
    this.#agent.destroy();
  }
}

/** The objects of a list in an answer; none where there is no list. */
export function listAt(body: Json, ...path: readonly string[]): readonly Json[] {
  let at: Json | undefined = body;
  for (const name of path) at = at?.[name];
  return Array.isArray(at) ? (at as readonly Json[]) : [];
}

function parsed(text: string): Json {
  try {
    return JSON.parse(text) as Json;
  } catch {
    return text as unknown as Json;
  }
}
