import { ProtocolError } from './errors.ts';
import type { Frame } from './frame.ts';
import type { WatchEvent } from './resource-options.ts';
import { statusErrorOf } from './status-error.ts';

const decoder = new TextDecoder();

interface Meta {
  readonly resourceVersion?: unknown;
  readonly annotations?: Readonly<Record<string, unknown>>;
}

/** Parses the frames of a watch. Throws StatusError for an ERROR event, ProtocolError for an object that is not JSON. */
export async function* typedWatch<T>(batches: AsyncIterable<readonly Frame[]>): AsyncGenerator<WatchEvent<T>, void> {
  for await (const frames of batches) {
    // All of a batch first: its bytes are borrowed, and the consumer may take its time between two events.
    for (const event of frames.map((frame) => eventOf<T>(frame))) {
      if (event instanceof Error) throw event;
      yield event;
    }
  }
}

function eventOf<T>(frame: Frame): WatchEvent<T> | Error {
  let object: { readonly metadata?: Meta };
  try {
    object = JSON.parse(decoder.decode(frame.object)) as { readonly metadata?: Meta };
  } catch (cause) {
    return new ProtocolError('an object of the watch is not JSON', { cause });
  }
  if (frame.type === 'ERROR') return statusErrorOf(object);
  const version = object.metadata?.resourceVersion;
  const resourceVersion = typeof version === 'string' ? version : '';
  if (frame.type === 'BOOKMARK') {
    return { type: 'BOOKMARK', resourceVersion, initialEventsEnd: object.metadata?.annotations?.['k8s.io/initial-events-end'] === 'true' };
  }
  return { type: frame.type, object: object as T, resourceVersion };
}
