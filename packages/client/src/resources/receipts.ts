import type { KubernetesObject } from '@kubecast/crd';
import type { Key } from '@kubecast/store';
import type { CallAnswer } from '../calls/api-call.ts';
import type { Deleted } from './resource-options.ts';
import type { WriteReceipt } from './write-receipt.ts';

/** The receipt of a write that was answered with the object. */
export function receiptOf(object: KubernetesObject, cluster: string): WriteReceipt {
  // What is only asked, a SelfSubjectAccessReview say, may come back without metadata.
  const metadata: Partial<KubernetesObject['metadata']> | undefined = object.metadata;
  const { name = '', namespace = '', uid = '', resourceVersion, deletionTimestamp, finalizers } = metadata ?? {};
  return {
    key: { cluster, namespace, name },
    uid,
    ...(resourceVersion === undefined || resourceVersion === '' ? {} : { version: resourceVersion }),
    // The write that removes the last finalizer of an object that is being deleted removes the object; its answer shows the old version.
    gone: typeof deletionTimestamp === 'string' && (finalizers === undefined || finalizers.length === 0),
  };
}

/** What a delete's answer says: a Status with the uid (gone), or the object (held by finalizers; a Pod or Namespace also when it is gone). */
export function deletedOf<T extends KubernetesObject>(answer: CallAnswer, key: Key, uid: string): Deleted<T> {
  const value = (typeof answer.value === 'object' && answer.value !== null ? answer.value : {}) as {
    kind?: unknown;
    details?: { uid?: unknown };
    metadata?: unknown;
  };
  if (value.kind === 'Status' || value.metadata === undefined) {
    const told = value.details?.uid;
    return { object: undefined, receipt: { key, uid: typeof told === 'string' ? told : uid, gone: true }, warnings: answer.warnings };
  }
  const object = value as unknown as T;
  const receipt = receiptOf(object, key.cluster);
  return { object, receipt: { ...receipt, key, gone: !isHeld(object) }, warnings: answer.warnings };
}

/**
 * The receipt of an object whose subresource was written: a Scale has the object's uid and version, what a TokenRequest or the Status of an
 * eviction does not tell is left out. `uid`: what the caller knows of it.
 */
export function subresourceReceipt(value: unknown, key: Key, uid: string): WriteReceipt {
  const own = (value as { metadata?: { uid?: unknown; resourceVersion?: unknown } } | undefined)?.metadata;
  const version = own?.resourceVersion;
  return {
    key,
    uid: typeof own?.uid === 'string' ? own.uid : uid,
    ...(typeof version === 'string' && version !== '' ? { version } : {}),
    gone: false,
  };
}

/** The receipt of one that a deletecollection names: as it was before, so its version is none of the deletion's. */
export function collectedReceipt(object: KubernetesObject, cluster: string, heldByPolicy: boolean): WriteReceipt {
  const { name = '', namespace = '', uid = '' } = (object.metadata as KubernetesObject['metadata'] | undefined) ?? {};
  return { key: { cluster, namespace, name }, uid, gone: !heldByPolicy && !isHeld(object) && !endsLater(object) };
}

/** A Pod on a node is shown as it was before its end began; it goes when the node says so. */
function endsLater(object: KubernetesObject): boolean {
  return object.kind === 'Pod' && typeof (object as { spec?: { nodeName?: unknown } }).spec?.nodeName === 'string';
}

function isHeld(object: KubernetesObject): boolean {
  return (
    (object.metadata?.finalizers?.length ?? 0) > 0 ||
    namespaceFinalizers(object) > 0 ||
    (object.metadata?.deletionGracePeriodSeconds ?? 0) > 0
  );
}

// A Namespace is held by spec.finalizers, not by those of its metadata.
function namespaceFinalizers(object: KubernetesObject): number {
  const finalizers = object.kind === 'Namespace' ? (object as { spec?: { finalizers?: unknown } }).spec?.finalizers : undefined;
  return Array.isArray(finalizers) ? finalizers.length : 0;
}
