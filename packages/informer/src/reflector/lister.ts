import type { ReflectorState } from '../contract/informer.ts';
import type { ServerCapabilities } from '../contract/server-capabilities.ts';
import type { WatchStream } from '../server/watch-stream.ts';
import type { ListEnd, ReadingParts } from './object-reader.ts';
import { pagedListOptions, readPagedList } from './paged-list.ts';
import { readStreamedList } from './streamed-list.ts';
import type { StreamedListEnd } from './streamed-list.ts';

/** What a list tells its reflector while it runs. */
export interface ListHost {
  readonly onState: (state: ReflectorState, reason: string) => void;
  /** A signal that is aborted with the outer one, and when news comes that ends what is under way. */
  readonly wakeable: (signal: AbortSignal) => AbortSignal;
  readonly watchSeconds: () => number;
}

/** A server cuts off who reads a streamed list too slowly while much is written; it would do so for ever. */
const CUTS = 3;

/** Chooses how a list is read, streamed or in pages, and learns from how it ended. */
export class Lister {
  readonly #parts: ReadingParts;
  readonly #capabilities: ServerCapabilities;
  readonly #host: ListHost;
  /** Streamed lists in a row that failed although the server was there. */
  #failedStreams = 0;
  #inPages = false;

  constructor(parts: ReadingParts, capabilities: ServerCapabilities, host: ListHost) {
    this.#parts = parts;
    this.#capabilities = capabilities;
    this.#host = host;
  }

  /** The next list is one in pages, whatever the server can do: what answers its watches is not to be trusted. */
  nextInPages(): void {
    this.#inPages = true;
  }

  /** A list was taken. */
  taken(): void {
    this.#failedStreams = 0;
  }

  /** Reads a list to its end. A complete one may come with the stream that goes on as the watch. */
  async read(signal: AbortSignal): Promise<ListEnd & { readonly stream?: WatchStream }> {
    const inPages = this.#inPages;
    this.#inPages = false;
    if (inPages || !this.#capabilities.streamsLists) return this.#paged(signal);
    const end = await this.#streamed(signal);
    if (end.kind === 'complete') return end;
    if (end.kind === 'fault') {
      this.#streamFailed(end);
      return end;
    }
    const { limits, onReport } = this.#parts;
    onReport({ kind: 'streamed-list-given-up', message: `${end.why}; a paged list follows` });
    if (end.endless) this.#capabilities.refusedStreamedList(limits.streamedListMemoryMs);
    const pages = await this.#paged(signal);
    // A selector that the server does not understand is refused in either form, and says nothing of streamed lists.
    if (pages.kind === 'complete' || pages.fault.kind !== 'invalid') this.#capabilities.refusedStreamedList(limits.streamedListMemoryMs);
    return pages;
  }

  #streamed(signal: AbortSignal): Promise<StreamedListEnd> {
    const { position, counters } = this.#parts;
    counters.lists += 1;
    const from = position.listVersion;
    this.#host.onState(
      position.regressing ? 'Regressed' : 'Streaming',
      from === '' ? 'streamed list of the newest state' : `streamed list not older than ${from}`,
    );
    return readStreamedList(this.#parts, this.#host.watchSeconds(), this.#host.wakeable(signal));
  }

  async #paged(signal: AbortSignal): Promise<ListEnd> {
    const { position, counters } = this.#parts;
    counters.lists += 1;
    const held = position.listVersion;
    const { options, reason } = pagedListOptions(held, position.anyAge);
    this.#host.onState(position.regressing ? 'Regressed' : 'Listing', reason);
    const end = await readPagedList(this.#parts, options, this.#host.wakeable(signal));
    // A continue token that expired: one consistent read without paging, as the API concepts advise.
    if (end.kind === 'complete' || signal.aborted || held !== '' || end.fault.kind !== 'expired') return end;
    counters.expired += 1;
    this.#host.onState('Listing', 'the list’s token expired between pages; listing again in one piece');
    return readPagedList(this.#parts, { limit: 0 }, this.#host.wakeable(signal));
  }

  /** A server that cuts or refuses every streamed list may still answer one in pages. */
  #streamFailed({ fault, began }: Extract<StreamedListEnd, { kind: 'fault' }>): void {
    const { limits, onReport } = this.#parts;
    const cut = fault.kind === 'connection' && began;
    if (!cut && fault.kind !== 'protocol' && fault.kind !== 'forbidden' && fault.kind !== 'gone' && fault.kind !== 'idle') return;
    this.#failedStreams += 1;
    if (this.#failedStreams < CUTS) return;
    this.#failedStreams = 0;
    this.#inPages = true;
    if (!cut) return;
    this.#capabilities.refusedStreamedList(limits.streamedListMs);
    onReport({
      kind: 'streamed-list-given-up',
      message: `the streamed list broke off ${CUTS} times (${fault.message}); a paged list follows`,
    });
  }
}
