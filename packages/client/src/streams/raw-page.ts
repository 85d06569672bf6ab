import type { WatchFrames } from './frame.ts';

export interface ListPagesOptions {
  readonly resourceVersion?: string;
  readonly resourceVersionMatch?: 'Exact' | 'NotOlderThan';
  readonly labelSelector?: string;
  readonly fieldSelector?: string;
  /** Objects a page; 0: no paging. Default 500. */
  readonly limit?: number;
}

/** One page of a list, items not parsed. */
export interface RawPage {
  readonly resourceVersion: string;
  /** The items' JSON in UTF-8. Borrowed until the next page is asked for. Items of built-in kinds carry no apiVersion and kind. */
  readonly items: readonly Uint8Array[];
  /** Whether another page follows. */
  readonly more: boolean;
}

export type ListPages = (options: ListPagesOptions, signal: AbortSignal) => AsyncIterable<RawPage>;

/** What an informer needs of one resource in one scope: `client.resource(type).source(namespace)` gives it. */
export interface ResourceSource {
  readonly listPages: ListPages;
  readonly watchFrames: WatchFrames;
  /**
   * A text that changes when the server shows the objects in another form under unchanged versions, as after a change of a CRD; `''` while
   * it does not know; undefined where it does not tell. Who reads only watches cannot see such a change: for about a second events still
   * come in the old form, and the watch may be resumed after them.
   */
  readonly form?: (signal: AbortSignal) => Promise<string | undefined>;
}
