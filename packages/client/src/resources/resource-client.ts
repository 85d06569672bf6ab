import type { CheckOptions, KubernetesObject, ResourceType } from '@kubecast/crd';
import { type ApiCaller, describe } from '../calls/api-call.ts';
import type { CallRequest } from '../calls/call-request.ts';
import { queryString, shown } from '../calls/api-path.ts';
import { ResourcePaths, type ResourcePlace } from '../calls/resource-paths.ts';
import { ending } from '../streams/ending.ts';
import { RequestError } from '../errors.ts';
import type { Frame, WatchOptions } from '../streams/frame.ts';
import { listPages } from '../streams/list-pages.ts';
import { MetadataView, type PartialObjectMetadata } from './partial-metadata.ts';
import type { ListPagesOptions, RawPage, ResourceSource } from '../streams/raw-page.ts';
import { collectedReceipt, deletedOf, receiptOf } from './receipts.ts';
import { SubresourceCalls } from './subresource-calls.ts';
import type {
  Appliable,
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
import { type IncludeObject, type TableObject, type TablePlace, TableView } from './table.ts';
import {
  applyRules,
  checkOptions,
  deleteCollectionRules,
  deleteRules,
  pageRules,
  patchRules,
  placeRules,
  subGetRules,
  tableRules,
  watchRules,
  writeRules,
} from './check-options.ts';
import {
  bodyOf,
  call,
  checkObject,
  collectionQuery,
  deleteBody,
  identified,
  nameOf,
  objectOf,
  patchTypes,
  writeQuery,
} from './request-parts.ts';
import { typedPages, typedWatchOf } from './typed-reads.ts';
import { watchFrames } from '../streams/watch-frames.ts';

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
  readonly #paths: ResourcePaths;

  constructor(caller: ApiCaller, type: ResourceType<T>, place: ResourcePlace) {
    this.#caller = caller;
    this.type = type;
    this.#place = place;
    this.#paths = new ResourcePaths(type, place);
  }

  /** The same resource in one namespace. Throws RequestError for what is none. */
  inNamespace(namespace: string): ResourceClient<T, A> {
    if (namespace === '') throw new RequestError(`${this.type.plural}: the namespace is empty; client.resource(type) spans all namespaces`);
    return new ResourceClient(this.#caller, this.type, { ...this.#place, namespace });
  }

  /** Throws StatusError with 404 where there is none. */
  async get(name: string, options: GetOptions & { readonly subresource?: string } = {}): Promise<T> {
    checkOptions('get', options, subGetRules);
    const path = this.#paths.object(name, options, undefined, options.subresource);
    const { value } = await this.#caller.json({
      method: 'GET',
      path: path + queryString({ resourceVersion: options.resourceVersion }),
      ...call(options),
    });
    return objectOf<T>(this.type, value, path);
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
  list(options: ListOptions = {}): AsyncGenerator<T, void> {
    return ending(options?.signal, (signal) => this.#items(options, signal));
  }

  /** The pages of a list, parsed. Items of built-in kinds get the apiVersion and kind that the server leaves out of lists. */
  pages(options: ListOptions = {}): AsyncGenerator<ListPage<T>, void> {
    return ending(options?.signal, (signal) => this.#pages(options, signal));
  }

  async *#items(options: ListOptions, signal: AbortSignal): AsyncGenerator<T, void> {
    for await (const page of this.#pages(options, signal)) yield* page.items;
  }

  #pages(options: ListOptions, signal: AbortSignal): AsyncGenerator<ListPage<T>, void> {
    return typedPages<T>(this.#caller, this.type, this.#place.namespace, options, signal);
  }

  /** The pages of a list, not parsed; see RawPage for what is borrowed. */
  listPages(options: ListPagesOptions = {}, signal?: AbortSignal): AsyncIterable<RawPage> {
    checkOptions('listPages', options, pageRules);
    return listPages(this.#caller, this.type, this.#place.namespace, options, signal);
  }

  /** One watch, not parsed; see WatchFrames. */
  watchFrames(options: WatchOptions = {}, signal?: AbortSignal): AsyncIterable<readonly Frame[]> {
    checkOptions('watchFrames', options, watchRules);
    return watchFrames(this.#caller, this.type, this.#place.namespace, options, signal);
  }

  /**
   * One watch, parsed. Ends when the server ends it; resuming is an informer's work. Bookmarks are asked for unless told otherwise: they
   * are what tells a quiet stream from a dead one, and without them no idle limit holds. `return()` and `await using` end it at once, also while a
   * `next()` is pending.
   */
  watch(options: WatchOptions & { readonly signal?: AbortSignal } = {}): AsyncGenerator<WatchEvent<T>, void> {
    return this.#watch<T>(options);
  }

  #watch<O>(options: WatchOptions & { readonly signal?: AbortSignal }, accept?: string): AsyncGenerator<WatchEvent<O>, void> {
    return typedWatchOf<O>(this.#caller, this.type, this.#place.namespace, options, accept);
  }

  /** The same resource, of which only the metadata is asked for. */
  asMetadata(): MetadataView {
    const caller = this.#caller;
    const resource = new ResourceClient<PartialObjectMetadata>(caller, this.type as ResourceType<never>, this.#place);
    return new MetadataView({
      get: (name, options) => resource.get(name, options),
      list: (options) => resource.list(options),
      pages: (options) => resource.pages(options),
      watch: ({ accept, ...options }) => this.#watch<PartialObjectMetadata>(options, accept),
      source: (options, accept) => this.#source(options, accept),
    });
  }

  /** The same resource as a table, as `kubectl get` shows it. `includeObject`: how much of each object comes with its row. Default Metadata. */
  asTable<I extends IncludeObject = 'Metadata'>(options: { readonly includeObject?: I } = {}): TableView<TableObject<T, I>> {
    checkOptions('asTable', options, tableRules);
    const include = options.includeObject ?? 'Metadata';
    const calls = {
      caller: this.#caller,
      path: (of: TablePlace) =>
        of.collection ? this.#paths.collection(this.#paths.listNamespace(of.options)) : this.#paths.object(of.name, of.options),
      frames: (watch: WatchOptions, signal: AbortSignal | undefined, accept: string, includeObject: string) =>
        watchFrames(this.#caller, this.type, this.#place.namespace, watch, signal, { accept, query: { includeObject } }),
    };
    return new TableView<TableObject<T, I>>(calls, include);
  }

  /** What an informer needs. Refusals, 429 too, come at once: an informer has its own back-off. */
  source(options: { readonly namespace?: string } = {}): ResourceSource {
    return this.#source(options);
  }

  #source(options: { readonly namespace?: string }, accept?: { readonly list: string; readonly watch: string }): ResourceSource {
    checkOptions('source', options, placeRules);
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

  /**
   * Creates the object; a type with a schema checks it first. `metadata.name` may be left out where the server makes one (`generateName`) or needs none.
   */
  async create(object: T, options: WriteOptions = {}): Promise<Written<T>> {
    checkOptions('create', options, writeRules);
    checkObject(object, `create of ${this.type.plural}`);
    const namespace = this.#paths.namespaceOf(object, options);
    const name: unknown = (object.metadata as { readonly name?: unknown } | undefined)?.name;
    // The path of an object refuses a name that is none, here too, where the name stands in the object alone.
    const own =
      name === undefined && options.subresource === undefined
        ? undefined
        : this.#paths.object(name as string, options, object, options.subresource);
    const path = options.subresource === undefined ? this.#paths.collection(namespace) : (own as string);
    // The object as it is now: the program may change it while the checks are loaded.
    const body = this.#bodyNow(identified(this.type, object), 'create');
    if (options.validate !== false && options.subresource === undefined) await this.#check(object, { namespace });
    return this.#write({ method: 'POST', path: path + writeQuery(options), body: body(), ...call(options) });
  }

  /**
   * Writes the object whole. With its resourceVersion it is refused (409) when the stored one changed since. Fields that the type does
   * not know are sent as they are, and numbers with the digits that were read: what was read and written back loses nothing. A number whose digits
   * are not known (see writeJson of `@kubecast/exact-json`) is a RequestError.
   */
  async replace(object: T, options: WriteOptions = {}): Promise<Written<T>> {
    checkOptions('replace', options, writeRules);
    checkObject(object, `replace of ${this.type.plural}`);
    const path = this.#paths.object(nameOf(object), options, object, options.subresource);
    const namespace = this.#paths.namespaceOf(object, options);
    const body = this.#bodyNow(identified(this.type, object), 'replace');
    if (options.validate !== false) await this.#check(object, { namespace, unknownFields: false });
    return this.#write({ method: 'PUT', path: path + writeQuery(options), body: body(), ...call(options) });
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
    checkOptions('patch', options, patchRules);
    if (typeof patch !== 'object' || patch === null) throw new RequestError(`patch of ${this.type.plural}: the patch is ${shown(patch)}`);
    const kind = options.kind ?? (Array.isArray(patch) ? 'json' : 'merge');
    if ((kind === 'json') !== Array.isArray(patch))
      throw new RequestError(kind === 'json' ? 'a JSON patch is a list of operations' : `a ${kind} patch is an object`);
    const path = this.#paths.object(name, options, undefined, options.subresource);
    return this.#write({
      method: 'PATCH',
      path: path + writeQuery(options),
      ...this.#body(patch, 'patch'),
      contentType: patchTypes[kind],
      ...call(options),
    });
  }

  /**
   * Server-side apply: what the object says becomes true, and is owned by the field manager. Creates it where it is missing. Throws
   * ApplyConflictError, which names every field and manager; ValidationError, also for the 500 by which the server says the same.
   */
  async apply(object: Appliable<A>, options: ApplyOptions = {}): Promise<Written<T>> {
    checkOptions('apply', options, applyRules);
    checkObject(object, `apply of ${this.type.plural}`);
    const path = this.#paths.object(nameOf(object), options, object, options.subresource);
    const namespace = this.#paths.namespaceOf(object, options);
    const whole = identified(this.type, object);
    const body = this.#bodyNow(whole, 'apply');
    if (options.validate !== false) await this.#check(whole, { partial: true, namespace });
    const manager = options.fieldManager ?? 'kubecast';
    try {
      return await this.#write({
        method: 'PATCH',
        path: path + writeQuery({ ...options, fieldManager: manager }, options.force === true),
        body: body(),
        contentType: 'application/apply-patch+yaml',
        ...call(options),
      });
    } catch (error) {
      const { applyError } = await import('./check-write.ts');
      throw await applyError(error, this.type, whole, namespace);
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
    checkOptions('delete', options, deleteRules);
    const path = this.#paths.object(name, options);
    const answer = await this.#caller.json({ method: 'DELETE', path, ...this.#body(deleteBody(options), 'delete'), ...call(options) });
    return deletedOf<T>(answer, this.#paths.key(name, options), options.preconditions?.uid ?? '');
  }

  /**
   * Deletes all objects that a selector matches, or `all: true` of them. Gives what was deleted, as it was before, with a receipt for each. Needs a
   * namespace for namespaced kinds: its own, or that of the client, never the connection's. Not one step: the server deletes one after the other, and an
   * error may leave some deleted.
   */
  async deleteCollection(options: DeleteCollectionOptions): Promise<DeletedCollection<T>> {
    const what = `deleteCollection of ${this.type.plural}`;
    checkOptions(what, options, deleteCollectionRules);
    const namespace = options.namespace ?? this.#place.namespace;
    if (this.type.scope === 'Namespaced' && namespace === '') throw new RequestError(`${what} needs a namespace`);
    const path = this.#paths.collection(namespace) + collectionQuery(options, what);
    const { value, warnings } = await this.#caller.json({
      method: 'DELETE',
      path,
      ...this.#body(deleteBody(options), 'deleteCollection'),
      ...call(options),
    });
    const listed = (value as { items?: unknown } | undefined)?.items;
    const items = Array.isArray(listed) ? listed.map((item) => objectOf<T>(this.type, item, path)) : [];
    // By these policies the server adds a finalizer to what it shows here without it.
    const held = options.propagationPolicy === 'Foreground' || options.propagationPolicy === 'Orphan';
    return { items, receipts: items.map((item) => collectedReceipt(item, this.#place.cluster, held)), warnings };
  }

  /** Reads a subresource of another kind: `scale`, `log` is text and goes by `client.raw`. */
  getSubresource(name: string, subresource: string, options: CallOptions = {}): Promise<unknown> {
    return this.#subresources().get(name, subresource, options);
  }

  /** Writes a subresource of another kind: POST for `eviction` and `token`, PUT for `scale`. */
  writeSubresource(
    method: 'POST' | 'PUT',
    name: string,
    subresource: string,
    body: object,
    options: WriteOptions = {},
  ): Promise<WrittenSubresource> {
    return this.#subresources().write(method, name, subresource, body, options);
  }

  /** Sets the number of replicas by the scale subresource; gives what the server answers as wanted. */
  scale(name: string, replicas: number, options: WriteOptions = {}): Promise<Scaled> {
    return this.#subresources().scale(name, replicas, options);
  }

  /**
   * Asks for the eviction of a Pod; a disruption budget that forbids it is answered 429, thrown at once. The answer does not tell whether the
   * Pod is gone or has yet to end: `waitFor({ ...receipt, gone: true })` of an informer waits for its end.
   */
  evict(name: string, options: DeleteOptions = {}): Promise<WrittenSubresource> {
    return this.#subresources().evict(name, options);
  }

  #subresources(): SubresourceCalls {
    return new SubresourceCalls({
      caller: this.#caller,
      type: this.type,
      paths: this.#paths,
    });
  }

  /** The checks are loaded by the first write of a type that has a schema. */
  async #check(object: unknown, options: CheckOptions): Promise<void> {
    if (!('schema' in this.type)) return;
    const { checkWrite } = await import('./check-write.ts');
    await checkWrite(this.type, object, options);
  }

  async #write(request: CallRequest): Promise<Written<T>> {
    const answer = await this.#caller.json(request);
    const object = objectOf<T>(this.type, answer.value, describe(request));
    return { object, receipt: receiptOf(object, this.#place.cluster), warnings: answer.warnings };
  }

  /** The JSON of the object as it is at the call. What JSON cannot say is told by the function, after the checks of the type: they say more. */
  #bodyNow(value: unknown, verb: string): () => string {
    try {
      const { body } = this.#body(value, verb);
      return () => body;
    } catch (error) {
      return () => {
        throw error;
      };
    }
  }

  #body(value: unknown, verb: string): { readonly body: string } {
    return { body: bodyOf(value, `${verb} of ${this.type.plural}`) };
  }
}
