import { request } from 'node:https';

export interface HttpsAnswer {
  readonly status: number;
  readonly text: string;
}

export interface HttpsTarget {
  readonly url: string;
  readonly ca: string;
  readonly token: string;
}

/** One request on a connection of its own. */
export function httpsCall(
  target: HttpsTarget,
  method: string,
  path: string,
  body?: string,
  type = 'application/json',
  signal?: AbortSignal,
): Promise<HttpsAnswer> {
  const url = new URL(path, target.url);
  return new Promise((resolve, reject) => {
    const sent = request(
      {
        host: url.hostname,
        port: url.port,
        path: url.pathname + url.search,
        method,
        ca: target.ca,
        agent: false,
        timeout: 10_000,
        ...(signal === undefined ? {} : { signal }),
        headers: {
          Authorization: `Bearer ${target.token}`,
          ...(body === undefined ? {} : { 'Content-Type': type, 'Content-Length': String(Buffer.byteLength(body)) }),
        },
      },
      (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('end', () => resolve({ status: response.statusCode ?? 0, text: Buffer.concat(chunks).toString('utf8') }));
        response.on('error', reject);
      },
    );
    sent.on('timeout', () => sent.destroy(new Error('no answer within ten seconds')));
    sent.on('error', reject);
    sent.end(body);
  });
}
