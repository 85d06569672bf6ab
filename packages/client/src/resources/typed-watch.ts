import { parseJson } from '@kubecast/exact-json';
import { ProtocolError } from '../errors.ts';
import type { Frame } from '../streams/frame.ts';
import type { WatchEvent } from './resource-options.ts';
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
