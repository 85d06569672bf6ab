import type { Frame } from '@kubecast/client';
import { compareResourceVersions } from '@kubecast/store';
import { Fault, faultOf } from '../server/fault.ts';
import type { WatchStream } from '../server/watch-stream.ts';
import { readStatus } from './object-head.ts';
import type { ReadingParts } from './object-reader.ts';

/** A version was reached. */
type Heard = (version: string) => void;

/** Follows a watch to its end: each event goes to the sink, and then the version moves. Returns at a clean end; throws a Fault. */
export async function followWatch(parts: ReadingParts, stream: WatchStream, signal: AbortSignal, heard: Heard): Promise<void> {
  const { slice } = parts;
  stream.guard(() => parts.idleWait(stream.heardAt));
  for (;;) {
    const batch = await stream.next();
    if (batch === undefined) return;
    for (const frame of batch) {
      if (slice.due()) await slice.yield();
      // What comes after the end reaches no view, so it must not move the version that a file is saved at.
      signal.throwIfAborted();
      takeFrame(parts, frame, heard);
    }
  }
}

function takeFrame(parts: ReadingParts, frame: Frame, heard: Heard): void {
  const { counters, objects, position, sink } = parts;
  if (frame.type === 'ERROR') throw faultOf(readStatus(frame.object));
  const head = objects.head(frame);
  if (head === undefined) return;
  if (frame.type === 'BOOKMARK') {
    counters.bookmarks += 1;
    if (head.version === '') return;
    if (compareResourceVersions(head.version, position.version) === -1)
      throw new Fault('regressed', `a bookmark at ${head.version}, below ${position.version}`);
    heard(head.version);
    return;
  }
  counters.events += 1;
  objects.checkKind(head);
  const order = compareResourceVersions(head.version, position.version);
  if (order === -1 || order === 0) {
    counters.duplicates += 1;
    parts.onHeard();
    return;
  }
  objects.keep(() => (frame.type === 'DELETED' ? sink.remove(head, frame.object) : sink.apply(frame.object)), head);
  heard(head.version);
}
