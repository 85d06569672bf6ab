import type { KubernetesObject } from '@kubecast/crd';
import { checkOptions, getRules, listRules, watchRules } from './check-options.ts';
import type { WatchOptions } from '../streams/frame.ts';
import type { ResourceSource } from '../streams/raw-page.ts';
import type { GetOptions, ListOptions, ListPage, WatchEvent } from './resource-options.ts';

/** An object of which the server shows nothing but its metadata (meta.k8s.io/v1 PartialObjectMetadata); kind and apiVersion say so. */
export interface PartialObjectMetadata extends KubernetesObject {
  readonly apiVersion: 'meta.k8s.io/v1';
  readonly kind: 'PartialObjectMetadata';
}

const form = (as: string): string => `application/json;as=${as};v=v1;g=meta.k8s.io`;
/** For one object, and for the events of a watch. */
export const metadataAccept: string = form('PartialObjectMetadata');
export const metadataListAccept: string = form('PartialObjectMetadataList');

/** What a view of metadata reads by: the calls of a resource that take a form of answer. */
export interface MetadataCalls {
  get(name: string, options: GetOptions): Promise<PartialObjectMetadata>;
  list(options: ListOptions): AsyncGenerator<PartialObjectMetadata, void>;
  pages(options: ListOptions): AsyncGenerator<ListPage<PartialObjectMetadata>, void>;
  watch(
    options: WatchOptions & { readonly signal?: AbortSignal; readonly accept: string },
  ): AsyncGenerator<WatchEvent<PartialObjectMetadata>, void>;
  source(options: { readonly namespace?: string }, accept: { readonly list: string; readonly watch: string }): ResourceSource;
}

/**
 * A resource of which only the metadata is asked for: names, labels, owners, versions, at a fraction of the bytes. Errors are those of the
 * resource; a server that has no such form (before 1.15) answers 406.
 */
export class MetadataView {
  readonly #calls: MetadataCalls;

  constructor(calls: MetadataCalls) {
    this.#calls = calls;
  }

  /** Throws StatusError with 404 where there is none. */
  get(name: string, options: GetOptions = {}): Promise<PartialObjectMetadata> {
    checkOptions('get', options, getRules);
    return this.#calls.get(name, { ...options, accept: metadataAccept });
  }

  /** Every object's metadata, one by one. Memory: one page. */
  list(options: ListOptions = {}): AsyncGenerator<PartialObjectMetadata, void> {
    checkOptions('list', options, listRules);
    return this.#calls.list({ ...options, accept: metadataListAccept });
  }

  pages(options: ListOptions = {}): AsyncGenerator<ListPage<PartialObjectMetadata>, void> {
    checkOptions('pages', options, listRules);
    return this.#calls.pages({ ...options, accept: metadataListAccept });
  }

  /** One watch; it ends when the server ends it. Bookmarks are asked for unless told otherwise. */
  watch(options: WatchOptions & { readonly signal?: AbortSignal } = {}): AsyncGenerator<WatchEvent<PartialObjectMetadata>, void> {
    checkOptions('watch', options, watchRules);
    return this.#calls.watch({ ...options, accept: metadataAccept });
  }

  /** What an informer needs to hold the metadata alone. */
  source(options: { readonly namespace?: string } = {}): ResourceSource {
    return this.#calls.source(options, { list: metadataListAccept, watch: metadataAccept });
  }
}
