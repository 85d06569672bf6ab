import type { CheckOptions, KubernetesObject, ObjectMeta, ResourceType } from '@kubecast/crd';
import { type ApiCaller, type CallRequest, describe } from '../calls/api-call.ts';
import { apiVersionOf, queryString, resourcePath } from '../calls/api-path.ts';
import { ProtocolError, RequestError } from '../errors.ts';
import type { Frame, WatchOptions } from '../streams/frame.ts';
import { listPages } from '../streams/list-pages.ts';
import { MetadataView, type PartialObjectMetadata } from './partial-metadata.ts';
import type { ListPagesOptions, RawPage, ResourceSource } from '../streams/raw-page.ts';
import { collectedReceipt, deletedOf, receiptOf, subresourceReceipt } from './receipts.ts';
import type {
  ApplyOptions,
  CallOptions,
  Deleted,
  DeletedCollection,
  DeleteCollectionOptions,
  DeleteOptions,
  GetOptions,
  JsonPatchOperation,
  ListOptions,
  ListPage,
  PatchKind,
  Scaled,
  WatchEvent,
  WriteOptions,
  Written,
  WrittenSubresource,
} from './resource-options.ts';
import { type IncludeObject, type TableObject, TableView } from './table.ts';
import { call, deleteBody, nameOf, patchTypes, writeQuery } from './request-parts.ts';
import { typedWatch } from './typed-watch.ts';
import { watchFrames } from '../streams/watch-frames.ts';
import type { WriteReceipt } from './write-receipt.ts';

/** Where a resource client stands. */
export interface ResourcePlace {
  /** The cluster's part of the keys in receipts. */
  readonly cluster: string;
  /** `''`: lists and watches span all namespaces. */
  readonly namespace: string;
  /** For named objects where no namespace is given. */
  readonly defaultNamespace: string;
}

/** What apply takes; apiVersion and kind are filled in where they are left out, and a name must be there. */
export type Appliable<A> = Omit<A, 'apiVersion' | 'kind' | 'metadata'> & {
  readonly apiVersion?: string;
  readonly kind?: string;
  readonly metadata: ObjectMeta;
};

/**
 * One resource. T: the objects' type; A: what apply takes. Lists and watches span all namespaces unless one is given; calls that name an
 * object take the namespace of the call, else of the object, else of this client, else of the connection.
 *
 * Errors: StatusError when the server refuses, ConnectionError, TlsError, TimeoutError, ProtocolError; ValidationError (of crd) before
 * anything is sent, where the type brings a schema; the signal's reason when it is aborted. A write that ended with ConnectionError or
 * TimeoutError may have been done.
 */
export class ResourceClient<T extends KubernetesObject = KubernetesObject, A = T> {
  readonly type: ResourceType<T>;
  readonly #caller: ApiCaller;
  readonly #place: ResourcePlace;

  constructor(caller: ApiCaller, type: ResourceType<T>, place: ResourcePlace) {
    this.#caller = caller;
    this.type = type;
    this.#place = place;
  }

  /** The same resource in one namespace. */
  inNamespace(namespace: string): ResourceClient<T, A> {
    return new ResourceClient(this.#caller, this.type, { ...this.#place, namespace });
  }

  /** Throws StatusError with 404 where there is none. */
  async get(name: string, options: GetOptions & { readonly subresource?: string } = {}): Promise<T> {
    const path = this.#path(name, options, undefined, options.subresource);
    const { value } = await this.#caller.json({
      method: 'GET',
      path: path + queryString({ resourceVersion: options.resourceVersion }),
      ...call(options),
    });
    return this.#object(value, path);
  }

  /** As get, but undefined where there is none. */
  async find(name: string, options: GetOptions = {}): Promise<T | undefined> {
    try {
      return await this.get(name, options);
    } catch (error) {
      if ((error as { statusCode?: unknown }).statusCode === 404) return undefined;
      throw error;
    }
  }

  /** Every object, one by one, as consistent as the server's pages. Memory: one page. */
  async *list(options: ListOptions = {}): AsyncGenerator<T, void> {
    for await (const page of this.pages(options)) yield* page.items;
  }

  /** The pages of a list, parsed. Items of built-in kinds get the apiVersion and kind that the server leaves out of lists. */
  async *pages(options: ListOptions = {}): AsyncGenerator<ListPage<T>, void> {
    const decoder = new TextDecoder();
    const way = {
      ...(options.priority === undefined ? {} : { priority: options.priority }),
      ...(options.accept === undefined ? {} : { accept: options.accept }),
      requestMs: options.deadlineMs,
      goOn: options.whenExpired === 'continue',
    };
    for await (const page of listPages(this.#caller, this.type, this.#listNamespace(options), options, options.signal, way)) {
      const items = page.items.map((bytes) => this.#object(JSON.parse(decoder.decode(bytes)), 'a list'));
      yield { items, resourceVersion: page.resourceVersion, more: page.more, remainingItemCount: page.list.remainingItemCount };
    }
  }

  /** The pages of a list, not parsed; see RawPage for what is borrowed. */
  listPages(options: ListPagesOptions = {}, signal?: AbortSignal): AsyncIterable<RawPage> {
    return listPages(this.#caller, this.type, this.#listNamespace({}), options, signal);
  }

  /** One watch, not parsed; see WatchFrames. */
  watchFrames(options: WatchOptions = {}, signal?: AbortSignal): AsyncIterable<readonly Frame[]> {
    return watchFrames(this.#caller, this.type, this.#listNamespace({}), options, signal);
  }

  /**
   * One watch, parsed. Ends when the server ends it; resuming is an informer's work. Bookmarks are asked for unless told otherwise: they
   * are what tells a quiet stream from a dead one, and without them no idle limit holds.
   */
  watch(options: WatchOptions & { readonly signal?: AbortSignal } = {}): AsyncGenerator<WatchEvent<T>, void> {
    return typedWatch<T>(this.watchFrames({ allowWatchBookmarks: true, ...options }, options.signal));
  }

  /** The same resource, of which only the metadata is asked for. */
  asMetadata(): MetadataView {
    const caller = this.#caller;
    const resource = new ResourceClient<PartialObjectMetadata>(caller, this.type as ResourceType<never>, this.#place);
    return new MetadataView({
      get: (name, options) => resource.get(name, options),
      pages: (options) => resource.pages(options),
      watch: ({ accept, signal, ...options }) =>
        typedWatch(watchFrames(caller, this.type, this.#listNamespace({}), { allowWatchBookmarks: true, ...options }, signal, { accept })),
      source: (options, accept) => this.#source(options, accept),
    });
  }

  /** The same resource as a table, as `kubectl get` shows it. `includeObject`: how much of each object comes with its row. Default Metadata. */
  asTable<I extends IncludeObject = 'Metadata'>(options: { readonly includeObject?: I } = {}): TableView<TableObject<T, I>> {
    const include = options.includeObject ?? 'Metadata';
    const calls = {
      caller: this.#caller,
      path: (name: string | undefined, of: CallOptions) =>
        name === undefined ? resourcePath(this.type, this.#listNamespace(of)) : this.#path(name, of),
      frames: (watch: WatchOptions, signal: AbortSignal | undefined, accept: string, includeObject: string) =>
        watchFrames(this.#caller, this.type, this.#listNamespace({}), watch, signal, { accept, query: { includeObject } }),
    };
    return new TableView<TableObject<T, I>>(calls, include);
  }

  /** What an informer needs. Refusals, 429 too, come at once: an informer has its own back-off. */
  source(options: { readonly namespace?: string } = {}): ResourceSource {
    return this.#source(options);
  }

  #source(options: { readonly namespace?: string }, accept?: { readonly list: string; readonly watch: string }): ResourceSource {
    const namespace = options.namespace ?? this.#place.namespace;
    const way = { priority: 'low' as const, retries: 0 };
    const listWay = accept === undefined ? way : { ...way, accept: accept.list };
    const watchWay = accept === undefined ? way : { ...way, accept: accept.watch };
    return {
      listPages: (list, signal) => listPages(this.#caller, this.type, namespace, list, signal, listWay),
      watchFrames: (watch, signal) => watchFrames(this.#caller, this.type, namespace, watch, signal, watchWay),
      form: async (signal) => (await import('./served-form.ts')).servedForm(this.#caller, this.type, signal, way),
    };
  }

  /** Creates it. Validates first. */
  async create(object: T, options: WriteOptions = {}): Promise<Written<T>> {
    const namespace = this.#namespaceOf(object, options);
    if (options.validate !== false && options.subresource === undefined) await this.#check(object, { namespace });
    const { name } = object.metadata;
    const path =
      options.subresource === undefined ? resourcePath(this.type, namespace) : this.#path(name ?? '', options, object, options.subresource);
    return this.#write({
      method: 'POST',
      path: path + writeQuery(options),
      body: JSON.stringify(this.#identified(object)),
      ...call(options),
    });
  }

  /**
   * Writes the object whole. With its resourceVersion it is refused (409) when the stored one changed since. Fields that the type does
   * not know are sent as they are: what was read and written back loses nothing.
   */
  async replace(object: T, options: WriteOptions = {}): Promise<Written<T>> {
    const name = nameOf(object);
    const namespace = this.#namespaceOf(object, options);
    if (options.validate !== false) await this.#check(object, { namespace, unknownFields: false });
    const path = this.#path(name, options, object, options.subresource);
    return this.#write({
      method: 'PUT',
      path: path + writeQuery(options),
      body: JSON.stringify(this.#identified(object)),
      ...call(options),
    });
  }

  /** Writes the status alone, by the status subresource. */
  replaceStatus(object: T, options: WriteOptions = {}): Promise<Written<T>> {
    return this.replace(object, { ...options, subresource: 'status' });
  }

  /** Changes the stored object. A resourceVersion in a merge patch is a precondition. */
  async patch(
    name: string,
    patch: readonly JsonPatchOperation[] | object,
    options: WriteOptions & { readonly kind?: PatchKind } = {},
  ): Promise<Written<T>> {
    const kind = options.kind ?? (Array.isArray(patch) ? 'json' : 'merge');
    if ((kind === 'json') !== Array.isArray(patch))
      throw new RequestError(kind === 'json' ? 'a JSON patch is a list of operations' : `a ${kind} patch is an object`);
    const path = this.#path(name, options, undefined, options.subresource);
    return this.#write({
      method: 'PATCH',
      path: path + writeQuery(options),
      body: JSON.stringify(patch),
      contentType: patchTypes[kind],
      ...call(options),
    });
  }

  /**
   * Server-side apply: what the object says becomes true, and is owned by the field manager. Creates it where it is missing. Throws
   * ApplyConflictError, which names every field and manager; ValidationError, also for the 500 by which the server says the same.
   */
  async apply(object: Appliable<A>, options: ApplyOptions = {}): Promise<Written<T>> {
    const name = nameOf(object);
    const namespace = this.#namespaceOf(object, options);
    const identified = this.#identified(object);
    if (options.validate !== false) await this.#check(identified, { partial: true, namespace });
    const path = this.#path(name, options, object, options.subresource);
    const manager = options.fieldManager ?? 'kubecast';
    try {
      return await this.#write({
        method: 'PATCH',
        path: path + writeQuery({ ...options, fieldManager: manager }, options.force === true),
        body: JSON.stringify(identified),
        contentType: 'application/apply-patch+yaml',
        ...call(options),
      });
    } catch (error) {
      const { applyError } = await import('./check-write.ts');
      throw await applyError(error, this.type, identified, namespace);
    }
  }

  /** Server-side apply of the status subresource. */
  applyStatus(object: Appliable<A>, options: ApplyOptions = {}): Promise<Written<T>> {
    return this.apply(object, { ...options, subresource: 'status' });
  }

  /**
   * Deletes it. The receipt's `gone` tells whether it went at once; else finalizers hold it. With preconditions it is refused (409) when
   * another object took the name or it changed.
   */
  async delete(name: string, options: DeleteOptions = {}): Promise<Deleted<T>> {
    const path = this.#path(name, options);
    const answer = await this.#caller.json({ method: 'DELETE', path, body: JSON.stringify(deleteBody(options)), ...call(options) });
    return deletedOf<T>(answer, this.#key(name, options), options.preconditions?.uid ?? '');
  }

  /**
   * Deletes all that match. Gives what was deleted, as it was before, with a receipt for each. Needs a namespace for namespaced kinds. Not one
   * step: the server deletes one after the other, and an error may leave some deleted.
   */
  async deleteCollection(options: DeleteCollectionOptions = {}): Promise<DeletedCollection<T>> {
    const namespace = options.namespace ?? this.#place.namespace;
    if (this.type.scope === 'Namespaced' && namespace === '')
      throw new RequestError(`deleteCollection of ${this.type.plural} needs a namespace`);
    const path =
      resourcePath(this.type, namespace) + queryString({ labelSelector: options.labelSelector, fieldSelector: options.fieldSelector });
    const { value, warnings } = await this.#caller.json({
      method: 'DELETE',
      path,
      body: JSON.stringify(deleteBody(options)),
      ...call(options),
    });
    const listed = (value as { items?: unknown } | undefined)?.items;
    const items = Array.isArray(listed) ? listed.map((item) => this.#object(item, path)) : [];
    // By these policies the server adds a finalizer to what it shows here without it.
    const held = options.propagationPolicy === 'Foreground' || options.propagationPolicy === 'Orphan';
    return { items, receipts: items.map((item) => collectedReceipt(item, this.#place.cluster, held)), warnings };
  }

  /** Reads a subresource of another kind: `scale`, `log` is text and goes by `client.raw`. */
  async getSubresource(name: string, subresource: string, options: CallOptions = {}): Promise<unknown> {
    return (await this.#caller.json({ method: 'GET', path: this.#path(name, options, undefined, subresource), ...call(options) })).value;
  }

  /** Writes a subresource of another kind: POST for `eviction` and `token`, PUT for `scale`. */
  async writeSubresource(
    method: 'POST' | 'PUT',
    name: string,
    subresource: string,
    body: object,
    options: WriteOptions = {},
  ): Promise<WrittenSubresource> {
    const path = this.#path(name, options, undefined, subresource) + writeQuery(options);
    return this.#subresource({ method, path, body: JSON.stringify(body), ...call(options) }, name, options);
  }

  /** Sets the number of replicas by the scale subresource; gives what the server answers as wanted. */
  async scale(name: string, replicas: number, options: WriteOptions = {}): Promise<Scaled> {
    const path = this.#path(name, options, undefined, 'scale') + writeQuery(options);
    const { value, receipt, warnings } = await this.#subresource(
      { method: 'PATCH', path, body: JSON.stringify({ spec: { replicas } }), contentType: patchTypes.merge, ...call(options) },
      name,
      options,
    );
    return { replicas: (value as { spec?: { replicas?: number } } | undefined)?.spec?.replicas ?? 0, receipt, warnings };
  }

  /**
   * Asks for the eviction of a Pod; a disruption budget that forbids it is answered 429, thrown at once. The answer does not tell whether the
   * Pod is gone or has yet to end: `waitFor({ ...receipt, gone: true })` of an informer waits for its end.
   */
  async evict(name: string, options: DeleteOptions = {}): Promise<WrittenSubresource> {
    const body = { apiVersion: 'policy/v1', kind: 'Eviction', metadata: { name }, deleteOptions: deleteBody(options) };
    const path = this.#path(name, options, undefined, 'eviction');
    const request = { method: 'POST', path, body: JSON.stringify(body), retries: 0, ...call(options) } as const;
    return this.#subresource(request, name, options, options.preconditions?.uid);
  }

  /** The checks are loaded by the first write of a type that has a schema. */
  async #check(object: unknown, options: CheckOptions): Promise<void> {
    if (!('schema' in this.type)) return;
    const { checkWrite } = await import('./check-write.ts');
    await checkWrite(this.type, object, options);
  }

  async #write(request: CallRequest): Promise<Written<T>> {
    const answer = await this.#caller.json(request);
    const object = this.#object(answer.value, describe(request));
    return { object, receipt: receiptOf(object, this.#place.cluster), warnings: answer.warnings };
  }

  async #subresource(request: CallRequest, name: string, options: CallOptions, uid: string = ''): Promise<WrittenSubresource> {
    const { value, warnings } = await this.#caller.json(request);
    return { value, receipt: subresourceReceipt(value, this.#key(name, options), uid), warnings };
  }

  #key(name: string, options: CallOptions): WriteReceipt['key'] {
    const namespace = this.type.scope === 'Namespaced' ? this.#namespaceOf(undefined, options) : '';
    return { cluster: this.#place.cluster, namespace, name };
  }

  #path(name: string, options: CallOptions, object?: unknown, subresource?: string): string {
    return resourcePath(this.type, this.type.scope === 'Namespaced' ? this.#namespaceOf(object, options) : '', name, subresource);
  }

  #listNamespace(options: CallOptions): string {
    return options.namespace ?? this.#place.namespace;
  }

  #namespaceOf(object: unknown, options: CallOptions): string {
    const own = (object as { metadata?: { namespace?: string } } | undefined)?.metadata?.namespace;
    return (
      [options.namespace, own, this.#place.namespace].find((namespace) => namespace !== undefined && namespace !== '') ??
      this.#place.defaultNamespace
    );
  }

  /** With apiVersion and kind, which the server wants and a typed object may lack. */
  #identified<O>(object: O): O {
    const own = object as { apiVersion?: unknown; kind?: unknown };
    if (own.apiVersion !== undefined && own.kind !== undefined) return object;
    return { apiVersion: apiVersionOf(this.type), kind: this.type.kind, ...object };
  }

  #object(value: unknown, what: string): T {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new ProtocolError(`${what}: the answer is no object`);
    const own = value as { apiVersion?: unknown; kind?: unknown };
    if (own.apiVersion === undefined && own.kind === undefined)
      return { apiVersion: apiVersionOf(this.type), kind: this.type.kind, ...value } as T;
    return value as T;
  }
}
