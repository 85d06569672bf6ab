import type { ResourceType } from '@kubecast/crd';
import { parseJson } from '@kubecast/exact-json';
import { ProtocolError } from '../errors.ts';
import type { ApiCaller } from '../calls/api-call.ts';
import { ending } from '../streams/ending.ts';
import type { Frame, WatchOptions } from '../streams/frame.ts';
import { listPages } from '../streams/list-pages.ts';
import { watchFrames } from '../streams/watch-frames.ts';
import { checkOptions, listRules, watchRules } from './check-options.ts';
import { objectOf } from './request-parts.ts';
import type { ListOptions, ListPage, WatchEvent } from './resource-options.ts';
import { statusErrorOf } from '../calls/status-error.ts';

const decoder = new TextDecoder();

interface Meta {
  readonly resourceVersion?: unknown;
  readonly annotations?: Readonly<Record<string, unknown>>;
}

/**
 * Parses the frames of a watch. Throws StatusError for an ERROR event, ProtocolError for an object that is not JSON. `metadataOf`: where the
 * metadata of the object stands, if it is not its own.
 */
export async function* typedWatch<T>(
  batches: AsyncIterable<readonly Frame[]>,
  metadataOf: (object: T) => unknown = (object) => (object as { readonly metadata?: unknown }).metadata,
): AsyncGenerator<WatchEvent<T>, void> {
  for await (const frames of batches) {
    // All of a batch first: its bytes are borrowed, and the consumer may take its time between two events.
    for (const event of frames.map((frame) => eventOf<T>(frame, metadataOf))) {
      if (event instanceof Error) throw event;
      yield event;
    }
  }
}

function eventOf<T>(frame: Frame, metadataOf: (object: T) => unknown): WatchEvent<T> | Error {
  let object: unknown;
  try {
    object = parseJson(decoder.decode(frame.object));
  } catch (cause) {
    return new ProtocolError('an object of the watch is not JSON', { cause });
  }
  if (frame.type === 'ERROR') return statusErrorOf(object);
  const metadata = metadataOf(object as T) as Meta | undefined;
  const version = metadata?.resourceVersion;
  const resourceVersion = typeof version === 'string' ? version : '';
  if (frame.type === 'BOOKMARK') {
    return { type: 'BOOKMARK', resourceVersion, initialEventsEnd: metadata?.annotations?.['k8s.io/initial-events-end'] === 'true' };
  }
  return { type: frame.type, object: object as T, resourceVersion };
}

/** The pages of a list, parsed. Items of built-in kinds get the apiVersion and kind that the server leaves out of lists. */
export async function* typedPages<T>(
  caller: ApiCaller,
  type: ResourceType,
  namespace: string,
  options: ListOptions,
  signal: AbortSignal,
): AsyncGenerator<ListPage<T>, void> {
  checkOptions('list', options, listRules);
  const way = {
    ...(options.priority === undefined ? {} : { priority: options.priority }),
    ...(options.accept === undefined ? {} : { accept: options.accept }),
    requestMs: options.deadlineMs,
    goOn: options.whenExpired === 'continue',
  };
  for await (const page of listPages(caller, type, options.namespace ?? namespace, options, signal, way)) {
    const items = page.items.map((bytes) => objectOf<T>(type, parseJson(decoder.decode(bytes)), 'a list'));
    yield { items, resourceVersion: page.resourceVersion, more: page.more, remainingItemCount: page.list.remainingItemCount };
  }
}

/** One watch, parsed, with bookmarks unless told otherwise. */
export function typedWatchOf<T>(
  caller: ApiCaller,
  type: ResourceType,
  namespace: string,
  options: WatchOptions & { readonly signal?: AbortSignal },
  accept: string | undefined,
): AsyncGenerator<WatchEvent<T>, void> {
  const open = (signal: AbortSignal): AsyncGenerator<readonly Frame[], void> => {
    checkOptions('watch', options, watchRules);
    const { signal: _, ...rest } = options;
    const way = accept === undefined ? {} : { accept };
    return watchFrames(caller, type, namespace, { allowWatchBookmarks: true, ...rest }, signal, way);
  };
  return ending(options?.signal, (signal) => typedWatch<T>(open(signal)));
}
