import type { ResourceType } from '@kubecast/crd';
import { type ApiCaller, describe, type Priority } from '../calls/api-call.ts';
import { queryString, resourcePath } from '../calls/api-path.ts';
import type { Frame, WatchOptions } from './frame.ts';

/**
 * Opens one watch and yields batches of frames as they arrive, one batch a chunk of the network. Borrowed until the next batch is asked
 * for; while nobody asks, nothing is read and the server is held back by TCP. Breaking out of the loop closes the connection.
 */
export async function* watchFrames(
  caller: ApiCaller,
  type: ResourceType,
  namespace: string,
  options: WatchOptions,
  signal: AbortSignal | undefined,
  way: {
    readonly priority?: Priority;
    readonly retries?: number;
    readonly accept?: string;
    /** More of the query. */
    readonly query?: Readonly<Record<string, string>>;
  } = {},
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
    path: resourcePath(type, namespace) + query,
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
  for await (const chunk of answer.chunks) {
    const frames = splitter.push(chunk);
    if (frames.length > 0) yield frames;
  }
  splitter.end();
}
