import { qualifiedNameProblems, type KubernetesObject } from '@kubecast/crd';
import type { DeepReadonly } from '@kubecast/store';
import { metadataOf } from './metadata-of.ts';
import { isConflict, isNotFound } from './api-status.ts';
import { FinalizerError, RuntimeOptionsError } from '../errors.ts';

/** How finalizers are read and written: one kind of object. `objectAccess` makes one of a client. Failures carry the API server's status. */
export interface ObjectAccess<T extends KubernetesObject> {
  /** Undefined if there is none. */
  get(namespace: string, name: string, signal?: AbortSignal): Promise<T | undefined>;
  /** A JSON merge patch (RFC 7386); gives the object as it stands after it. */
  mergePatch(namespace: string, name: string, patch: object, signal?: AbortSignal): Promise<T>;
}

export interface FinalizerOptions {
  /**
   * `domain/name`: a DNS subdomain of at most 253 bytes, and at most 63 of letters, digits, `-`, `_` and `.`, as the server checks it. A name
   * without a domain is refused, since the server refuses it for built-in kinds.
   */
  readonly name: string;
  /** Tries when others write at the same time. Default 5. */
  readonly tries?: number;
}

/** An object of which only the metadata is read: one of a view, an entry's value, or one that was read from the server. */
export type WithMetadata = { readonly metadata: DeepReadonly<KubernetesObject['metadata']> };

/**
 * One finalizer of one kind. Each write carries uid and resourceVersion of the object that was read: another's finalizer is never lost, an
 * object that was deleted and made again under the name is never touched, one that is gone is not made anew.
 */
export interface Finalizer<T extends KubernetesObject> {
  readonly name: string;
  has(object: WithMetadata): boolean;
  /**
   * Puts it on the object, before the first outside effect. Gives the object as written; undefined if it is gone, was made again, or is being
   * deleted: then nothing may be done for it.
   */
  add<O extends WithMetadata>(object: O, signal?: AbortSignal): Promise<T | O | undefined>;
  /** Takes it off, after the clean-up. Gives whether it was there. Gone or made again is success: there is nothing left to release. */
  release(object: WithMetadata, signal?: AbortSignal): Promise<boolean>;
}

/** @throws FinalizerError for a name that the server would refuse at the first use */
export function createFinalizer<T extends KubernetesObject>(access: ObjectAccess<T>, options: FinalizerOptions): Finalizer<T> {
  const { name, tries = 5 } = options;
  checkName(name);
  if (!Number.isInteger(tries) || tries < 1) throw new RuntimeOptionsError(`finalizer ${name}: tries must be a whole number from 1 up`);
  const has = (object: WithMetadata): boolean => metadataOf(object, `finalizer ${name}: has`).finalizers?.includes(name) === true;

  /** Changes the list of the object that was read; read again after a conflict. Undefined: there is nothing to change it on. */
  const change = async <O extends WithMetadata>(
    object: O,
    doing: string,
    wanted: (current: WithMetadata) => readonly string[] | undefined,
    signal: AbortSignal | undefined,
  ): Promise<{ readonly object: T | O; readonly changed: boolean } | undefined> => {
    const { namespace = '', name: objectName = '', uid } = metadataOf(object, `finalizer ${name}: ${doing}`);
    if (uid === undefined || uid === '')
      throw new FinalizerError(`${doing} ${name}: the object ${JSON.stringify(objectName)} has no uid; give it as the server gave it`);
    let current: T | O = object;
    for (let attempt = 0; attempt < tries; attempt += 1) {
      const finalizers = wanted(current);
      if (finalizers === undefined) return { object: current, changed: false };
      try {
        const { resourceVersion } = current.metadata;
        const written = await access.mergePatch(namespace, objectName, { metadata: { uid, resourceVersion, finalizers } }, signal);
        return { object: written, changed: true };
      } catch (error) {
        if (isNotFound(error)) return undefined;
        if (!isConflict(error)) throw error;
      }
      const read = await access.get(namespace, objectName, signal);
      if (read === undefined || read.metadata.uid !== uid) return undefined;
      current = read;
    }
    throw new FinalizerError(
      `${doing} ${name} ${namespace === '' ? '' : `${namespace}/`}${objectName}: others changed the object ${tries} times meanwhile`,
    );
  };

  return {
    name,
    has,
    async add(object, signal) {
      if (has(object)) return object;
      if (object.metadata.deletionTimestamp != null) return undefined;
      const outcome = await change(
        object,
        'adding the finalizer',
        (current) => {
          if (has(current) || current.metadata.deletionTimestamp != null) return undefined;
          return [...(current.metadata.finalizers ?? []), name];
        },
        signal,
      );
      return outcome !== undefined && has(outcome.object) ? outcome.object : undefined;
    },
    async release(object, signal) {
      if (!has(object)) return false;
      const outcome = await change(
        object,
        'releasing the finalizer',
        (current) => (has(current) ? current.metadata.finalizers?.filter((other) => other !== name) : undefined),
        signal,
      );
      return outcome?.changed === true;
    },
  };
}

function checkName(name: unknown): void {
  if (typeof name !== 'string') throw new FinalizerError(`a finalizer's name must be a text; it is of type ${typeof name}`);
  const problems = [...qualifiedNameProblems(name), ...(name.includes('/') ? [] : ['it has no domain: write example.com/name'])];
  if (problems.length > 0)
    throw new FinalizerError(
      `${JSON.stringify(name.slice(0, 320))} is no name for a finalizer, which is domain/name: ${problems.join('; ')}`,
    );
}
