import type { KubernetesObject, OwnerReference, ResourceType } from '@kubecast/crd';
import type { DeepReadonly } from '@kubecast/store';
import { OwnerReferenceError } from '../errors.ts';
import { metadataOf } from './metadata-of.ts';

type Owned = { readonly metadata: DeepReadonly<KubernetesObject['metadata']> };

/** The reference to an owner, as a dependent carries it. */
export function ownerReference(
  type: ResourceType,
  owner: Owned,
  options: { readonly controller?: boolean; readonly blockOwnerDeletion?: boolean } = {},
): OwnerReference {
  const { name = '', uid = '' } = metadataOf(owner, 'ownerReference');
  if (type.kind === '' || type.version === '')
    throw new OwnerReferenceError(
      `an owner needs a kind and a version; ${JSON.stringify(type.kind)} of ${JSON.stringify(type.version)} has not`,
    );
  // The server refuses these (apimachinery, validation of ownerReferences).
  if (type.kind === 'Event' && (type.group === '' || type.group === 'events.k8s.io'))
    throw new OwnerReferenceError('an Event cannot own anything: the server refuses it as an owner');
  if (name === '' || uid === '')
    throw new OwnerReferenceError(`the owner ${type.kind} ${JSON.stringify(name)} has no name and uid yet: create it first`);
  return {
    apiVersion: type.group === '' ? type.version : `${type.group}/${type.version}`,
    kind: type.kind,
    name,
    uid,
    ...(options.controller === undefined ? {} : { controller: options.controller }),
    ...(options.blockOwnerDeletion === undefined ? {} : { blockOwnerDeletion: options.blockOwnerDeletion }),
  };
}

/**
 * The dependent's references with this owner among them; the list that was given is not changed. Owners are compared by UID: another object
 * of the same name is another owner. An owner that was there keeps `controller` and `blockOwnerDeletion` unless they are given.
 *
 * @throws OwnerReferenceError for what the server accepts and the garbage collector then deletes the dependent for (an owner in another
 * namespace), and for a second controller.
 */
export function withOwner(
  dependent: Owned,
  type: ResourceType,
  owner: Owned,
  options: { readonly controller?: boolean; readonly blockOwnerDeletion?: boolean } = {},
): OwnerReference[] {
  const { namespace: ownerNamespace = '', name = '' } = metadataOf(owner, 'withOwner');
  const { namespace = '', name: dependentName = '' } = metadataOf(dependent, 'withOwner');
  const ownerReferences = referencesOf(dependent, 'withOwner');
  const subject = `${namespace === '' ? '' : `${namespace}/`}${dependentName}`;
  if (type.scope === 'Namespaced' && namespace === '') {
    throw new OwnerReferenceError(
      `${subject} is cluster-scoped and cannot be owned by ${type.kind} ${ownerNamespace}/${name}, which is in a namespace`,
    );
  }
  if (type.scope === 'Namespaced' && ownerNamespace !== namespace) {
    throw new OwnerReferenceError(
      `${subject} cannot be owned by ${type.kind} ${ownerNamespace}/${name}: an owner is looked for in the dependent's namespace, and the garbage collector would delete ${subject}`,
    );
  }
  const reference = ownerReference(type, owner, options);
  const other =
    reference.controller === true
      ? ownerReferences.find((existing) => existing.controller === true && existing.uid !== reference.uid)
      : undefined;
  if (other !== undefined)
    throw new OwnerReferenceError(`${subject} is already controlled by ${other.kind} ${other.name} (uid ${other.uid})`);
  const at = ownerReferences.findIndex((existing) => existing.uid === reference.uid);
  if (at < 0) return [...ownerReferences, reference];
  return ownerReferences.map((existing, index) => (index === at ? { ...existing, ...reference } : existing));
}

/** The same with `controller` and `blockOwnerDeletion` true. A dependent has at most one. */
export function withController(dependent: Owned, type: ResourceType, owner: Owned): OwnerReference[] {
  return withOwner(dependent, type, owner, { controller: true, blockOwnerDeletion: true });
}

/** The dependent's references without this owner, by UID. */
export function withoutOwner(dependent: Owned, owner: Owned): OwnerReference[] {
  const { uid } = metadataOf(owner, 'withoutOwner');
  return referencesOf(dependent, 'withoutOwner').filter((reference) => reference.uid !== uid);
}

/** The reference whose `controller` is true. */
export function controllerOf(dependent: Owned): DeepReadonly<OwnerReference> | undefined {
  return referencesOf(dependent, 'controllerOf').find((reference) => reference.controller === true);
}

function referencesOf(dependent: Owned, method: string): readonly DeepReadonly<OwnerReference>[] {
  const references: unknown = metadataOf(dependent, method).ownerReferences ?? [];
  if (!Array.isArray(references)) throw new OwnerReferenceError(`${method}: the ownerReferences of the dependent are no list`);
  return references as readonly DeepReadonly<OwnerReference>[];
}
