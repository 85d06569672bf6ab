import type { IncomingMessage } from 'node:http';
import { StatusError } from '../../status/status-error.ts';

/** Bytes that a request body may have. */
export const bodyLimit = 3_145_728;

/**
 * Reads the whole body.
 * @throws StatusError 413 above the limit
 */
export async function readBody(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > bodyLimit) {
      throw new StatusError(413, 'RequestEntityTooLarge', `Request entity too large: limit is ${bodyLimit}`);
    }
    chunks.push(chunk);
  }
  return chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks);
}

export type BodyFormat = 'json' | 'yaml' | 'protobuf';

export const protobufType = 'application/vnd.kubernetes.protobuf';

/** The media type of a Content-Type header, without parameters, in lower case. */
export function mediaType(header: string | undefined): string {
  return (header ?? '').split(';')[0]?.trim().toLowerCase() ?? '';
}

/**
 * The format of an object's body; no header means JSON. Protobuf is for built-in kinds alone.
 * @throws StatusError 415
 */
export function objectFormat(header: string | undefined, builtin: boolean): BodyFormat {
  const type = mediaType(header);
  if (builtin && type === protobufType) return 'protobuf';
  if (type === '' || type === 'application/json') return 'json';
  if (type === 'application/yaml') return 'yaml';
  throw new StatusError(
    415,
    'UnsupportedMediaType',
    'the body of the request was in an unknown format - accepted media types include: application/json, application/yaml, application/vnd.kubernetes.protobuf',
  );
}
