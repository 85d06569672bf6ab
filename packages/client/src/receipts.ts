import type { KubernetesObject } from '@kubecast/crd';
import type { Key } from '@kubecast/store';
import type { CallAnswer } from './api-call.ts';
import type { Deleted } from './resource-options.ts';
import type { WriteReceipt } from './write-receipt.ts';

/** The receipt of a write that was answered with the object. */
export function receiptOf(object: KubernetesObject, cluster: string): WriteReceipt {
  const { name = '', namespace = '', uid = '', resourceVersion, deletionTimestamp, finalizers } = object.metadata;
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
  const held =
    (object.metadata.finalizers?.length ?? 0) > 0 ||
    namespaceFinalizers(object) > 0 ||
    (object.metadata.deletionGracePeriodSeconds ?? 0) > 0;
  return { object, receipt: { ...receipt, key, gone: !held }, warnings: answer.warnings };
}

// A Namespace is held by spec.finalizers, not by those of its metadata.
function namespaceFinalizers(object: KubernetesObject): number {
  const finalizers = object.kind === 'Namespace' ? (object as { spec?: { finalizers?: unknown } }).spec?.finalizers : undefined;
  return Array.isArray(finalizers) ? finalizers.length : 0;
}
