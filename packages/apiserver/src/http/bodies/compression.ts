import type { ServerResponse } from 'node:http';
import { constants, createGzip, gzip, type Gzip } from 'node:zlib';

/** Answers below this size are never compressed, whatever the client accepts. */
export const compressionFloor = 131_072;

/** Whether the client takes gzip for an answer of this size. */
export function compresses(acceptEncoding: string | string[] | undefined, size: number): boolean {
  if (size < compressionFloor || acceptEncoding === undefined) return false;
  return String(acceptEncoding)
    .split(',')
    .some((part) => /^\s*gzip\s*(?:;|$)/.test(part) && !/;\s*q=0(?:\.0*)?\s*$/.test(part));
}

/** Says in the headers that the answer is compressed. */
function mark(response: ServerResponse): void {
  response.setHeader('Content-Encoding', 'gzip');
  response.setHeader('Vary', 'Accept-Encoding');
}

/** The API server's own level: a little smaller for very little work. */
const options = { level: constants.Z_BEST_SPEED };

export function compressed(response: ServerResponse, bytes: Uint8Array): Promise<Buffer> {
  mark(response);
  return new Promise((resolve, reject) => gzip(bytes, options, (error, result) => (error === null ? resolve(result) : reject(error))));
}

/** A stream that compresses into the response, and ends it. */
export function compressInto(response: ServerResponse): Gzip {
  mark(response);
  const stream = createGzip(options);
  stream.pipe(response);
  response.on('close', () => stream.destroy());
  return stream;
}
