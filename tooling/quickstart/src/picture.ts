import { request } from 'node:http';

export interface ModelPicture {
  readonly name: string;
  readonly version: string;
  readonly state: string;
}

export interface AppPicture {
  readonly namespace: string;
  readonly name: string;
  readonly version: string;
  readonly models: readonly ModelPicture[];
}

/** What a user sees of one resolver, over HTTP. */
export interface ResolverPicture {
  readonly name: string;
  readonly url: string;
  readonly state: 'starting' | 'ready' | 'stale' | 'unreachable';
  readonly ageMs?: number | undefined;
  readonly apps: readonly AppPicture[];
}

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly text: string;
  /** The body as JSON; undefined where it is none. */
  readonly json: unknown;
}

/** One HTTP request; never a hang: the deadline covers all of it. */
export function http(
  url: string,
  options: { method?: string; body?: string; headers?: Record<string, string>; deadlineMs?: number } = {},
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const deadline = AbortSignal.timeout(options.deadlineMs ?? 5_000);
    const req = request(url, { method: options.method ?? 'GET', headers: options.headers ?? {}, signal: deadline }, (res) => {
      let text = '';
      res.setEncoding('utf8');
      res.on('data', (chunk: string) => (text += chunk));
      res.on('error', reject);
      res.on('end', () => {
        let json: unknown;
        try {
          json = JSON.parse(text);
        } catch {
          json = undefined;
        }
        resolve({ status: res.statusCode ?? 0, headers: res.headers, text, json });
      });
    });
    req.on('error', reject);
    req.end(options.body);
  });
}
