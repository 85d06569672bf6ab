import type { ServerResponse } from 'node:http';
import type { Writable } from 'node:stream';
import { compresses, compressInto } from '../bodies/compression.ts';
import { cutConnection } from '../connection.ts';
import type { Context } from '../../verbs/context.ts';
import type { ListPage } from '../../verbs/reads/list.ts';
import { apiVersion, presentBytes, presentObject } from '../../storage/presenter.ts';

/** Bytes gathered before they are handed to the socket. */
const chunkBytes = 262_144;

/**
 * Streams a list from the bytes of its objects, without a string of the whole list and with back-pressure. `truncate`: a fault cuts the
 * connection in the middle of the last part.
 */
export async function writeList(
  response: ServerResponse,
  context: Context,
  page: ListPage,
  head: boolean,
  truncate = false,
): Promise<void> {
  response.statusCode = 200;
  response.setHeader('Content-Type', 'application/json');
  if (head) {
    response.end();
    return;
  }
  const { kind, resource } = context;
  const total = page.objects.reduce((sum, stored) => sum + stored.bytes.length, 0);
  const out = compresses(context.headers['accept-encoding'], total) ? compressInto(response) : response;
  const [before, after] = envelope(context, page);
  const builtin = resource.builtin !== undefined;
  // Items of built-in kinds come without kind and apiVersion, which always stand first in their bytes.
  const skip = builtin
    ? Buffer.byteLength(`{"kind":${JSON.stringify(resource.kind)},"apiVersion":${JSON.stringify(apiVersion(resource))},`)
    : 0;
  let pending: Buffer[] = [Buffer.from(before)];
  let size = 0;
  const comma = Buffer.from(',');
  const open = Buffer.from('{');
  for (const [index, stored] of page.objects.entries()) {
    if (index > 0) pending.push(comma);
    const bytes = presentBytes(kind, resource, stored);
    if (builtin) pending.push(open, bytes.subarray(skip));
    else pending.push(bytes);
    size += bytes.length;
    if (size < chunkBytes) continue;
    if (!out.write(Buffer.concat(pending)) && !(await drained(out, context.signal))) return;
    pending = [];
    size = 0;
  }
  pending.push(Buffer.from(`${after}\n`));
  const last = Buffer.concat(pending);
  if (truncate) {
    out.write(last.subarray(0, last.length >>> 1), () => cutConnection(response));
    return;
  }
  if (out === response && !response.headersSent && last.length < 2048) response.setHeader('Content-Length', last.length);
  out.end(last);
}

/** The metadata of a list as this kind writes it. */
export function listMetadata(context: Context, page: ListPage): Record<string, unknown> {
  const { resource } = context;
  const remaining = page.continueToken !== '' && page.remaining !== undefined ? { remainingItemCount: page.remaining } : {};
  if (resource.builtin === undefined) return { continue: page.continueToken, ...remaining, resourceVersion: String(page.revision) };
  return { resourceVersion: String(page.revision), ...(page.continueToken === '' ? {} : { continue: page.continueToken }), ...remaining };
}

/** The text before and after the items. */
function envelope(context: Context, page: ListPage): [string, string] {
  const { resource } = context;
  const version = JSON.stringify(apiVersion(resource));
  const kind = JSON.stringify(resource.listKind);
  const metadata = JSON.stringify(listMetadata(context, page));
  if (resource.builtin === undefined) return [`{"apiVersion":${version},"items":[`, `],"kind":${kind},"metadata":${metadata}}`];
  return [`{"kind":${kind},"apiVersion":${version},"metadata":${metadata},"items":[`, ']}'];
}

/** The same list as one object, for YAML and for people. */
export function listObject(context: Context, page: ListPage): Record<string, unknown> {
  const { kind, resource } = context;
  const items = page.objects.map((stored) => {
    const object = presentObject(kind, resource, stored);
    if (resource.builtin !== undefined) {
      delete object['kind'];
      delete object['apiVersion'];
    }
    return object;
  });
  const metadata = listMetadata(context, page);
  if (resource.builtin === undefined) return { apiVersion: apiVersion(resource), items, kind: resource.listKind, metadata };
  return { kind: resource.listKind, apiVersion: apiVersion(resource), metadata, items };
}

/** Resolves with true when the written bytes were taken, with false when the client has gone. */
export function drained(response: Writable, signal: AbortSignal): Promise<boolean> {
  if (signal.aborted || response.destroyed) return Promise.resolve(false);
  return new Promise((resolve) => {
    const done = (more: boolean) => (): void => {
      response.off('drain', onDrain);
      response.off('close', onClose);
      signal.removeEventListener('abort', onClose);
      resolve(more);
    };
    const onDrain = done(true);
    const onClose = done(false);
    response.once('drain', onDrain);
    response.once('close', onClose);
    signal.addEventListener('abort', onClose, { once: true });
  });
}
