import type { ResourceType } from '@kubecast/crd';
import { type ApiCaller, describe } from '../calls/api-call.ts';
import type { Priority } from '../calls/call-request.ts';
import { collectionPath, queryString } from '../calls/api-path.ts';
import { ending } from './ending.ts';
import { ProtocolError } from '../errors.ts';
import { describeAnswer } from '../transport/read-body.ts';
import type { Frame, WatchOptions } from './frame.ts';

/** How a watch asks. */
export interface WatchWay {
  readonly priority?: Priority;
  readonly retries?: number;
  readonly accept?: string;
  /** More of the query. */
  readonly query?: Readonly<Record<string, string>>;
}

/**
 * Opens one watch and yields batches of frames as they arrive, one batch a chunk of the network. Borrowed until the next batch is asked
 * for; while nobody asks, nothing is read and the server is held back by TCP. Breaking out of the loop closes the connection.
 */
export function watchFrames(
  caller: ApiCaller,
  type: ResourceType,
  namespace: string,
  options: WatchOptions,
  signal: AbortSignal | undefined,
  way: WatchWay = {},
): AsyncGenerator<readonly Frame[], void> {
  return ending(signal, (own) => framesOf(caller, type, namespace, options, own, way));
}

async function* framesOf(
  caller: ApiCaller,
  type: ResourceType,
  namespace: string,
  options: WatchOptions,
  signal: AbortSignal,
  way: WatchWay,
): AsyncGenerator<readonly Frame[], void> {
  const query = queryString({
    watch: true,
    resourceVersion: options.resourceVersion,
    resourceVersionMatch: options.resourceVersionMatch,
    labelSelector: options.labelSelector,
    fieldSelector: options.fieldSelector,
    timeoutSeconds: options.timeoutSeconds,
    allowWatchBookmarks: options.allowWatchBookmarks,
    sendInitialEvents: options.sendInitialEvents,
    ...way.query,
  });
  const request = {
    method: 'GET' as const,
    path: collectionPath(type, namespace) + query,
    stream: true,
    signal,
    // Without bookmarks a quiet resource is silent for hours, and silence proves nothing.
    idleMs: options.allowWatchBookmarks === true ? undefined : 0,
    priority: way.priority,
    retries: way.retries,
    ...(way.accept === undefined ? {} : { accept: way.accept }),
  };
  // Loaded by the first watch.
  const { FrameSplitter } = await import('./split-frames.ts');
  const splitter = new FrameSplitter(caller.transport.limits.lineBytes, describe(request));
  const answer = await caller.open(request);
  const isHtml = answer.headers['content-type']?.toLowerCase().startsWith('text/html') === true;
  for await (const chunk of answer.chunks) {
    if (isHtml)
      throw new ProtocolError(
        `${describe(request)}: the answer is no watch: ${describeAnswer(answer, new TextDecoder().decode(chunk.subarray(0, 400)))}`,
      );
    const frames = splitter.push(chunk);
    if (answer.hide !== undefined) hideInErrors(frames, answer.hide);
    if (frames.length > 0) yield frames;
  }
  splitter.end();
}

/** The Status of an ERROR event ends in errors and logs: it is handed on without the credentials that the watch was opened with. */
function hideInErrors(frames: Frame[], hide: (text: string) => string): void {
  for (let at = 0; at < frames.length; at++) {
    const frame = frames[at] as Frame;
    if (frame.type !== 'ERROR') continue;
    const text = new TextDecoder().decode(frame.object);
    let shown: string;
    try {
      shown = JSON.stringify(JSON.parse(text, (_, value: unknown) => (typeof value === 'string' ? hide(value) : value)));
    } catch {
      shown = hide(text);
    }
    frames[at] = { ...frame, object: new TextEncoder().encode(shown) };
  }
}
