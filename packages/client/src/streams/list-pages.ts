import type { ResourceType } from '@kubecast/crd';
import { type ApiCaller, describe } from '../calls/api-call.ts';
import type { CallRequest, Priority } from '../calls/call-request.ts';
import { collectionPath, queryString } from '../calls/api-path.ts';
import { ending } from './ending.ts';
import { ProtocolError } from '../errors.ts';
import type { ListPagesOptions, RawPage } from './raw-page.ts';
import { BodyBuffer, describeAnswer } from '../transport/read-body.ts';
import type { ScannedList } from './scan-list.ts';
import { isExpired } from '../calls/status-error.ts';
import type { Answer } from '../transport/transport-options.ts';

export interface ListWay {
  readonly priority?: Priority;
  /** Times a 429 is obeyed. An informer does that itself. */
  readonly retries?: number;
  readonly requestMs?: number | undefined;
  readonly accept?: string;
  /** Whether an expired list goes on by the token that the server gives for that. */
  readonly goOn?: boolean;
}

/** A page with what the typed list needs beyond RawPage. */
export interface ScannedPage extends RawPage {
  readonly list: ScannedList;
}

/**
 * The pages of a list, each cut into its items without parsing them. All pages come from one buffer: what a page gave is borrowed until
 * the next is asked for. Memory: one page. Throws StatusError (410 when the continue token expired), and what the transport throws.
 */
export function listPages(
  caller: ApiCaller,
  type: ResourceType,
  namespace: string,
  options: ListPagesOptions,
  signal: AbortSignal | undefined,
  way: ListWay = {},
): AsyncGenerator<ScannedPage, void> {
  return ending(signal, (own) => pagesOf(caller, type, namespace, options, own, way));
}

async function* pagesOf(
  caller: ApiCaller,
  type: ResourceType,
  namespace: string,
  options: ListPagesOptions,
  signal: AbortSignal,
  way: ListWay,
): AsyncGenerator<ScannedPage, void> {
  // Loaded by the first list: a program that only gets and writes does without.
  const { scanList } = await import('./scan-list.ts');
  const buffer = new BodyBuffer();
  const limit = options.limit ?? 500;
  let token = '';
  for (;;) {
    const query = queryString({
      labelSelector: options.labelSelector,
      fieldSelector: options.fieldSelector,
      limit: limit > 0 ? limit : undefined,
      // A page after the first carries the version in its token; the server refuses both together.
      ...(token === ''
        ? { resourceVersion: options.resourceVersion, resourceVersionMatch: options.resourceVersionMatch }
        : { continue: token }),
    });
    const request: CallRequest = {
      method: 'GET',
      path: collectionPath(type, namespace) + query,
      gzip: true,
      signal,
      priority: way.priority,
      retries: way.retries,
      requestMs: way.requestMs,
      // Everything in one answer may take as long as it takes, as long as it comes: a whole deadline would never be met where it is missed once.
      ...(limit > 0 || way.requestMs !== undefined ? {} : { stream: true }),
      ...(way.accept === undefined ? {} : { accept: way.accept }),
    };
    const what = describe(request);
    let answer: Answer;
    try {
      answer = await caller.open(request);
    } catch (error) {
      // The server's own offer (KEP-365): the rest, by the key where the last page ended.
      const rest = way.goOn === true && token !== '' && isExpired(error) ? error.continueToken : '';
      if (rest === '' || rest === token) throw error;
      token = rest;
      continue;
    }
    const bytes = await buffer.read(answer, caller.transport.limits.pageBytes, what);
    const list = scanList(bytes, what, () => describeAnswer(answer, new TextDecoder().decode(bytes.subarray(0, 400))));
    const more = list.continueToken !== '';
    if (more && list.continueToken === token) throw new ProtocolError(`${what}: the server gives the same continue token again`);
    yield { resourceVersion: list.resourceVersion, items: list.items, more, list };
    if (!more) return;
    token = list.continueToken;
  }
}
