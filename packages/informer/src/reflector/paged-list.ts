import type { RawPage } from '@kubecast/client';
import { Fault, faultOf, programFault } from '../server/fault.ts';
import { FrameReader } from '../server/frame-reader.ts';
import type { ListEnd, ReadingParts } from './object-reader.ts';

export interface PagedListOptions {
  readonly resourceVersion?: string;
  readonly resourceVersionMatch?: 'NotOlderThan';
  readonly limit?: number;
}

/** What a paged list asks for: `held` is the version that it must not be older than, `anyAge` whether the server's cache may answer. */
export function pagedListOptions(held: string, anyAge: boolean): { readonly options: PagedListOptions; readonly reason: string } {
  if (held !== '')
    return {
      options: { resourceVersion: held, resourceVersionMatch: 'NotOlderThan', limit: 0 },
      reason: `list not older than ${held}`,
    };
  // Version 0 is answered from the server's cache, whatever its age.
  if (anyAge) return { options: { resourceVersion: '0' }, reason: 'list from the server’s cache' };
  return { options: {}, reason: 'list of the newest state' };
}

/** Reads a list page by page to its end. Writes nothing but its own collection, which a fault leaves aborted. */
export async function readPagedList(parts: ReadingParts, options: PagedListOptions, signal: AbortSignal): Promise<ListEnd> {
  const { clock, source, sink, objects, slice } = parts;
  const collection = sink.collect();
  let reader: FrameReader<RawPage> | undefined;
  let version = '';
  let skipped = 0;
  let complete = false;
  let heardAt = clock.now();
  try {
    reader = new FrameReader((inner) => source.listPages({ ...parts.selectors, ...options }, inner), signal);
    reader.guard(clock, () => parts.idleWait(heardAt));
    for (;;) {
      const page = await reader.next();
      if (page === undefined) break;
      heardAt = clock.now();
      parts.onHeard();
      version = page.resourceVersion;
      complete = !page.more;
      let first = true;
      for (const item of page.items) {
        if (slice.due()) await slice.yield();
        if (first) {
          first = false;
          const head = objects.head({ type: 'ADDED', object: item });
          if (head === undefined) {
            skipped += 1;
            continue;
          }
          objects.checkKind(head);
        }
        if (!objects.keep(() => collection.put(item), undefined)) skipped += 1;
      }
    }
    if (!complete) throw new Fault('connection', 'the list ended before its last page');
    signal.throwIfAborted();
    return { kind: 'complete', version, collection, skipped };
  } catch (error) {
    collection.abort();
    return { kind: 'fault', fault: signal.aborted ? faultOf(error) : programFault(error) };
  } finally {
    reader?.close();
  }
}
