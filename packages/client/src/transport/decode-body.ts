import { ProtocolError } from '../errors.ts';

/** The body as it was before the server compressed it (RFC 9110 8.4). Throws ProtocolError for an encoding that is not gzip. */
export async function decodeBody(
  body: AsyncIterable<Uint8Array>,
  encoding: string | undefined,
  what: string,
): Promise<AsyncIterable<Uint8Array>> {
  const named = (encoding ?? '')
    .split(',')
    .map((name) => name.trim().toLowerCase())
    .filter((name) => name !== '' && name !== 'identity');
  if (named.length === 0) return body;
  if (named.length > 1 || (named[0] !== 'gzip' && named[0] !== 'x-gzip'))
    throw new ProtocolError(
      `${what}: the answer comes in the content encoding ${JSON.stringify(encoding?.slice(0, 100))}, and gzip alone was offered`,
    );
  const { createGunzip } = await import('node:zlib');
  const { pipeline } = await import('node:stream');
  const plain = createGunzip();
  pipeline(body, plain, () => {});
  return plain as AsyncIterable<Uint8Array>;
}

export function isZlibError(error: unknown): boolean {
  const code = (error as { code?: unknown } | null)?.code;
  return typeof code === 'string' && code.startsWith('Z_');
}
