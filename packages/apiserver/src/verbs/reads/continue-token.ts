import { parseGoJson } from '../../http/bodies/go-json.ts';
import { badRequest } from '../../status/status-error.ts';
import { textOf } from '../../status/text-of.ts';

export interface ContinueToken {
  /** -1: the newest, after an expired token. */
  readonly revision: number;
  /** The first key that is still to come, below the request's prefix. */
  readonly start: string;
}

/** base64url without padding of `{"v":"meta.k8s.io/v1","rv":343,"start":"fv\u0000"}`. */
export function formatContinue(token: ContinueToken): string {
  return Buffer.from(JSON.stringify({ v: 'meta.k8s.io/v1', rv: token.revision, start: token.start })).toString('base64url');
}

/** @throws StatusError 400 */
export function parseContinue(text: string): ContinueToken {
  const bad = (why: string): Error => badRequest(`invalid continue token: continue key is not valid: ${why}`);
  if (!/^[A-Za-z0-9_-]*$/.test(text)) throw bad(`illegal base64 data at input byte ${text.search(/[^A-Za-z0-9_-]/)}`);
  let value: { v?: unknown; rv?: unknown; start?: unknown };
  try {
    value = parseGoJson(Buffer.from(text, 'base64url').toString('latin1'), 'bytes').value as typeof value;
  } catch (error) {
    throw bad(error instanceof Error ? error.message : 'unreadable');
  }
  if (typeof value !== 'object' || value === null) throw bad('incorrect encoded start resourceVersion (version meta.k8s.io/v1)');
  if (value.v !== 'meta.k8s.io/v1') throw bad(`server does not recognize this encoded version ${textOf(value.v)}`);
  if (typeof value.rv === 'number' && !(Number.isInteger(value.rv) && Math.abs(value.rv) < 2 ** 63))
    throw bad(`json: cannot unmarshal number ${value.rv} into Go struct field continueToken.rv of type int64`);
  if (typeof value.rv !== 'number' || value.rv === 0) throw bad('incorrect encoded start resourceVersion (version meta.k8s.io/v1)');
  if (typeof value.start !== 'string' || value.start === '') throw bad('encoded start key empty (version meta.k8s.io/v1)');
  // Go's path check: a key may not climb out of its prefix.
  if (value.start.split('/').includes('..')) throw bad(value.start);
  return { revision: value.rv, start: value.start.startsWith('/') ? value.start.slice(1) : value.start };
}
