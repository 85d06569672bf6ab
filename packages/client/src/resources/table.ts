import { type ApiCaller, describe } from '../calls/api-call.ts';
import { queryString } from '../calls/api-path.ts';
import { ProtocolError } from '../errors.ts';
import type { Frame, WatchOptions } from '../streams/frame.ts';
import type { PartialObjectMetadata } from './partial-metadata.ts';
import type { ListPagesOptions } from '../streams/raw-page.ts';
import type { CallOptions, GetOptions, ListOptions } from './resource-options.ts';
import { checkOptions, getRules, listRules, watchRules } from './check-options.ts';
import { ending } from '../streams/ending.ts';
import { typedWatch } from './typed-reads.ts';

/** A column as the server defines it (meta.k8s.io/v1 TableColumnDefinition). */
export interface TableColumn {
  readonly name: string;
  /** OpenAPI's: `string`, `integer`, `date` (a text such as `5m` all the same), ... */
  readonly type: string;
  /** `name` marks the column that names the object. */
  readonly format: string;
  readonly description: string;
  /** 0: always shown; higher ones by `kubectl -o wide`. */
  readonly priority: number;
}

/** A row; `object` as far as it was asked for. */
export interface TableRow<O> {
  readonly cells: readonly unknown[];
  readonly object: O;
}

/** Objects as `kubectl get` shows them. */
export interface Table<O> {
  readonly columns: readonly TableColumn[];
  readonly rows: readonly TableRow<O>[];
  readonly resourceVersion: string;
  /** Whether another page follows, and how many rows there are in those, where the server tells. */
  readonly more: boolean;
  readonly remainingItemCount: number | undefined;
}

/** A change, with the columns that its row has. */
export type TableEvent<O> =
  | {
      readonly type: 'ADDED' | 'MODIFIED' | 'DELETED';
      readonly columns: readonly TableColumn[];
      readonly row: TableRow<O>;
      readonly resourceVersion: string;
    }
  | { readonly type: 'BOOKMARK'; readonly resourceVersion: string; readonly initialEventsEnd: boolean };

/** How much of each object comes with its row. */
export type IncludeObject = 'None' | 'Metadata' | 'Object';

/** What that is. */
export type TableObject<T, I extends IncludeObject> = I extends 'None' ? null : I extends 'Object' ? T : PartialObjectMetadata;

const accept = 'application/json;as=Table;v=v1;g=meta.k8s.io';

/** What a table is of: one object, which has a name, or the collection. */
export type TablePlace =
  | { readonly collection: true; readonly options: CallOptions }
  | { readonly collection: false; readonly name: string; readonly options: CallOptions };

/** Where the rows come from. */
export interface TableCalls {
  readonly caller: ApiCaller;
  path(of: TablePlace): string;
  frames(
    options: WatchOptions,
    signal: AbortSignal | undefined,
    accept: string,
    includeObject: IncludeObject,
  ): AsyncIterable<readonly Frame[]>;
}

interface RawTable {
  readonly kind?: unknown;
  readonly columnDefinitions?: readonly Partial<TableColumn>[] | null;
  readonly rows?: readonly { readonly cells?: readonly unknown[]; readonly object?: unknown }[] | null;
  readonly metadata?: { readonly resourceVersion?: string; readonly continue?: string; readonly remainingItemCount?: number };
}

/** A resource as a table: the columns that its CRD or the server defines, and a row for each object. */
export class TableView<O> {
  readonly #calls: TableCalls;
  readonly #include: IncludeObject;

  constructor(calls: TableCalls, include: IncludeObject) {
    this.#calls = calls;
    this.#include = include;
  }

  /** One object: a table of one row. Throws StatusError with 404 where there is none. */
  async get(name: string, options: GetOptions = {}): Promise<Table<O>> {
    checkOptions('get', options, getRules);
    const query = { resourceVersion: options.resourceVersion, includeObject: this.#include };
    return this.#read(this.#calls.path({ collection: false, name, options }) + queryString(query), options);
  }

  /** The pages of a list; each has the columns. */
  pages(options: ListOptions = {}): AsyncGenerator<Table<O>, void> {
    return ending(options?.signal, (signal) => this.#pages(options, signal));
  }

  async *#pages(options: ListOptions, signal: AbortSignal): AsyncGenerator<Table<O>, void> {
    checkOptions('pages', options, listRules);
    const { labelSelector, fieldSelector, resourceVersion, resourceVersionMatch, limit = 500 }: ListPagesOptions = options;
    for (let token = ''; ;) {
      const query = queryString({
        labelSelector,
        fieldSelector,
        limit: limit > 0 ? limit : undefined,
        includeObject: this.#include,
        // A page after the first carries the version in its token; the server refuses both together.
        ...(token === '' ? { resourceVersion, resourceVersionMatch } : { continue: token }),
      });
      const { token: next, ...table } = await this.#read(this.#calls.path({ collection: true, options }) + query, { ...options, signal });
      yield table;
      if (next === '') return;
      token = next;
    }
  }

  /** One watch; it ends when the server ends it. Without `resourceVersion` it begins with a row for each object there is. */
  watch(options: WatchOptions & { readonly signal?: AbortSignal } = {}): AsyncGenerator<TableEvent<O>, void> {
    return ending(options?.signal, (signal) => this.#watch(options, signal));
  }

  async *#watch(options: WatchOptions & { readonly signal?: AbortSignal }, signal: AbortSignal): AsyncGenerator<TableEvent<O>, void> {
    checkOptions('watch', options, watchRules);
    const { signal: _, ...rest } = options;
    const frames = this.#calls.frames({ allowWatchBookmarks: true, ...rest }, signal, accept, this.#include);
    // Only the first event of a watch tells the columns.
    let columns: readonly TableColumn[] = [];
    for await (const event of typedWatch<RawTable>(frames, rowMetadata)) {
      if (event.type === 'BOOKMARK') {
        yield event;
        continue;
      }
      const table = event.object;
      if ((table.columnDefinitions?.length ?? 0) > 0) columns = columnsOf(table);
      const row = rowsOf<O>(table)[0];
      if (row === undefined) throw new ProtocolError('an event of the watch is a Table without a row');
      yield { type: event.type, columns, row, resourceVersion: event.resourceVersion };
    }
  }

  async #read(path: string, options: CallOptions): Promise<Table<O> & { readonly token: string }> {
    const request = {
      method: 'GET' as const,
      path,
      accept,
      gzip: true,
      signal: options.signal,
      requestMs: options.deadlineMs,
      priority: options.priority,
    };
    const table = (await this.#calls.caller.json(request)).value as RawTable | null | undefined;
    if (table?.kind !== 'Table') throw new ProtocolError(`${describe(request)}: the answer is no Table`);
    const token = table.metadata?.continue ?? '';
    return {
      columns: columnsOf(table),
      rows: rowsOf<O>(table),
      resourceVersion: table.metadata?.resourceVersion ?? '',
      more: token !== '',
      remainingItemCount: table.metadata?.remainingItemCount,
      token,
    };
  }
}

function columnsOf(table: RawTable): TableColumn[] {
  return (table.columnDefinitions ?? []).map(({ name = '', type = '', format = '', description = '', priority = 0 }) => ({
    name,
    type,
    format,
    description,
    priority,
  }));
}

function rowsOf<O>(table: RawTable): TableRow<O>[] {
  return (table.rows ?? []).map(({ cells = [], object = null }) => ({ cells, object: object as O }));
}

// The metadata of an event's object: of its row, where one comes with it, with the version that the Table has where none does.
function rowMetadata(table: RawTable): unknown {
  const object = table.rows?.[0]?.object as { readonly metadata?: unknown } | null | undefined;
  return object?.metadata ?? table.metadata;
}
