import type { ResourceType } from '@kubecast/crd';
import type { Key } from '@kubecast/store';
import { RequestError } from '../errors.ts';
import { collectionPath, objectPath, shown } from './api-path.ts';

/** Where a resource client stands. */
export interface ResourcePlace {
  /** The cluster's part of the keys in receipts. */
  readonly cluster: string;
  /** `''`: lists and watches span all namespaces. */
  readonly namespace: string;
  /** For named objects where no namespace is given. */
  readonly defaultNamespace: string;
}

interface NamespaceOptions {
  readonly namespace?: string;
}

/** The paths of one resource, and the namespace of each call: that of the call, else of the object, else of the client, else of the connection. */
export class ResourcePaths {
  readonly #type: ResourceType;
  readonly #place: ResourcePlace;

  /** Throws RequestError for a type or a namespace that cannot stand in a path, so that it is not the first call that refuses it. */
  constructor(type: ResourceType, place: ResourcePlace) {
    this.#type = type;
    this.#place = place;
    if (typeof type !== 'object' || type === null)
      throw new RequestError(`the type is ${shown(type)}; expected { group, version, kind, plural, scope }, such as one of @kubecast/crd`);
    if (typeof place.namespace !== 'string')
      throw new RequestError(`${type.plural}: the namespace is ${shown(place.namespace)}; expected a string, or none for all namespaces`);
    this.collection(place.namespace);
  }

  collection(namespace: string): string {
    return collectionPath(this.#type, namespace);
  }

  /** The path of an object or of its subresource. Throws RequestError for a name that is none. */
  object(name: string, options: NamespaceOptions, object?: unknown, subresource?: string): string {
    return objectPath(this.#type, this.#type.scope === 'Namespaced' ? this.namespaceOf(object, options) : '', name, subresource);
  }

  /** The object's key in a receipt. */
  key(name: string, options: NamespaceOptions): Key {
    const namespace = this.#type.scope === 'Namespaced' ? this.namespaceOf(undefined, options) : '';
    return { cluster: this.#place.cluster, namespace, name };
  }

  /** Of a list or a watch; `''`: all namespaces. */
  listNamespace(options: NamespaceOptions): string {
    return options.namespace ?? this.#place.namespace;
  }

  namespaceOf(object: unknown, options: NamespaceOptions): string {
    if (options.namespace === '' && this.#type.scope === 'Namespaced')
      throw new RequestError(`${this.#type.plural}: the namespace is empty; leave it out for the client's or the connection's`);
    const own = (object as { metadata?: { namespace?: string } } | undefined)?.metadata?.namespace;
    return (
      [options.namespace, own, this.#place.namespace].find((namespace) => namespace !== undefined && namespace !== '') ??
      this.#place.defaultNamespace
    );
  }
}
