import { labelProblems, subdomainProblems, type Event, type KubernetesObject, type Lease } from '@kubecast/crd';
import { RuntimeOptionsError } from './errors.ts';
import type { EventSink } from './events/event-contract.ts';
import type { ObjectAccess } from './objects/finalizer.ts';
import type { LeaseLock } from './election/lease-lock.ts';

interface CallOptions {
  readonly namespace?: string;
  readonly signal?: AbortSignal;
}

/** What is used of a resource; `client.resource(type)` of `@kubecast/client` is one. */
export interface ResourceLike<T> {
  find(name: string, options?: CallOptions): Promise<T | undefined>;
  create(object: T, options?: CallOptions): Promise<{ readonly object: T }>;
  replace(object: T, options?: CallOptions): Promise<{ readonly object: T }>;
  patch(name: string, patch: object, options?: CallOptions & { readonly kind?: 'merge' }): Promise<{ readonly object: T }>;
}

/** The Lease of an election, by `client.resource(leaseType)`. @throws RuntimeOptionsError for a name that the server would refuse */
export function leaseLock(leases: Pick<ResourceLike<Lease>, 'find' | 'create' | 'replace'>, namespace: string, name: string): LeaseLock {
  for (const [what, problems] of [
    ['namespace', labelProblems(namespace)],
    ['name', subdomainProblems(name)],
  ] as const)
    if (problems.length > 0) throw new RuntimeOptionsError(`the ${what} of the Lease is refused by the server: ${problems.join('; ')}`);
  return {
    name: `${namespace}/${name}`,
    get: (signal) => leases.find(name, { namespace, signal }),
    create: async (lease, signal) => (await leases.create(lease, { namespace, signal })).object,
    replace: async (lease, signal) => (await leases.replace(lease, { namespace, signal })).object,
  };
}

/** What a finalizer needs, by `client.resource(type)`. */
export function objectAccess<T extends KubernetesObject>(resource: Pick<ResourceLike<T>, 'find' | 'patch'>): ObjectAccess<T> {
  return {
    get: (namespace, name, signal) => resource.find(name, callOptions(namespace, signal)),
    mergePatch: async (namespace, name, patch, signal) =>
      (await resource.patch(name, patch, { kind: 'merge', ...callOptions(namespace, signal) })).object,
  };
}

/** Where events go, by `client.resource(eventType)`. */
export function eventSink(events: Pick<ResourceLike<Event>, 'create' | 'patch'>): EventSink {
  return {
    async create(event, signal) {
      await events.create(event, { namespace: event.metadata.namespace ?? 'default', signal });
    },
    async patch(namespace, name, patch, signal) {
      await events.patch(name, patch, { kind: 'merge', namespace, signal });
    },
  };
}

function callOptions(namespace: string, signal: AbortSignal | undefined): CallOptions {
  return { ...(namespace === '' ? {} : { namespace }), ...(signal === undefined ? {} : { signal }) };
}
