import type { KubernetesObject, ObjectMeta } from '@kubecast/crd';
import type { Priority } from '../calls/call-request.ts';
import type { ListPagesOptions } from '../streams/raw-page.ts';
import type { WriteReceipt } from './write-receipt.ts';

/** What every call takes. */
export interface CallOptions {
  readonly signal?: AbortSignal;
  /** Milliseconds; overrides the client's limit. */
  readonly deadlineMs?: number;
  readonly priority?: Priority;
  /** The namespace of this call, before the one of the resource client. */
  readonly namespace?: string;
  /** Requests the answer in another form: `application/json;as=Table;v=v1;g=meta.k8s.io`. */
  readonly accept?: string;
}

export interface GetOptions extends CallOptions {
  readonly resourceVersion?: string;
}

export interface ListOptions extends CallOptions, ListPagesOptions {
  /**
   * What to do when the server forgot the version of the pages that were read (410, some minutes after the first page): `throw` a StatusError
   * (the default: `isExpired`), or `continue` with the rest as it is now. Then no object comes twice, but the later pages, whose resourceVersion
   * is another, are of another moment: what was made or deleted meanwhile may be missing or still there.
   */
  readonly whenExpired?: 'throw' | 'continue';
}

export interface WriteOptions extends CallOptions {
  readonly fieldManager?: string;
  /** The server does everything but store it. */
  readonly dryRun?: boolean;
  /** What the server does about fields that it does not know. Default: the server's own (Warn). Not sent where it is not set. */
  readonly fieldValidation?: 'Ignore' | 'Warn' | 'Strict';
  /** Whether a type that brings a schema checks the object before it is sent. Default true. */
  readonly validate?: boolean;
  readonly subresource?: string;
}

export interface ApplyOptions extends WriteOptions {
  /** Takes over fields that other managers own. Default false: ApplyConflictError. */
  readonly force?: boolean;
}

/** Which patch is sent; strategic merge is for built-in kinds only. */
export type PatchKind = 'json' | 'merge' | 'strategic';

/** One operation of a JSON patch (RFC 6902). */
export interface JsonPatchOperation {
  readonly op: 'add' | 'remove' | 'replace' | 'move' | 'copy' | 'test';
  readonly path: string;
  readonly from?: string;
  readonly value?: unknown;
}

export interface DeleteOptions extends CallOptions {
  readonly preconditions?: { readonly uid?: string; readonly resourceVersion?: string };
  readonly propagationPolicy?: 'Background' | 'Foreground' | 'Orphan';
  readonly gracePeriodSeconds?: number;
  readonly dryRun?: boolean;
}

/** What a deletecollection takes: a selector, or `all`. None of them is a RequestError, and so is one that is undefined or empty. */
export type DeleteCollectionOptions = DeleteOptions &
  (
    | { readonly labelSelector: string; readonly fieldSelector?: string; readonly all?: never }
    | { readonly fieldSelector: string; readonly labelSelector?: never; readonly all?: never }
    /** Every object of the namespace, or of a kind without namespaces. */
    | { readonly all: true; readonly labelSelector?: never; readonly fieldSelector?: never }
  );

/** What a write left: the object as the server answered it, the receipt for `informer.waitFor`, and the server's warnings. */
export interface Written<T> {
  readonly object: T;
  readonly receipt: WriteReceipt;
  readonly warnings: readonly string[];
}

/** What a delete left. `object`: the object while finalizers hold it; else the last of it, or undefined where the server answers a Status. */
export interface Deleted<T> {
  readonly object: T | undefined;
  readonly receipt: WriteReceipt;
  readonly warnings: readonly string[];
}

/** What a deletecollection left: the objects as they were before, and a receipt for each, in the same order. */
export interface DeletedCollection<T> {
  readonly items: readonly T[];
  /** The server tells no version here: an object that finalizers hold is told as not gone, and that it was marked cannot be waited for. */
  readonly receipts: readonly WriteReceipt[];
  readonly warnings: readonly string[];
}

/** What a write of a subresource left that is an object of its own (a Scale, a TokenRequest, a Status). The receipt is of the object that it belongs to. */
export interface WrittenSubresource {
  readonly value: unknown;
  readonly receipt: WriteReceipt;
  readonly warnings: readonly string[];
}

/** What a write of the scale left. */
export interface Scaled {
  /** The replicas that are wanted now. */
  readonly replicas: number;
  readonly receipt: WriteReceipt;
  readonly warnings: readonly string[];
}

/** An event of a typed watch. An ERROR event is thrown as StatusError. */
export type WatchEvent<T> =
  | { readonly type: 'ADDED' | 'MODIFIED' | 'DELETED'; readonly object: T; readonly resourceVersion: string }
  | { readonly type: 'BOOKMARK'; readonly resourceVersion: string; /** The end of a streamed list. */ readonly initialEventsEnd: boolean };

/** One page of a typed list. */
export interface ListPage<T> {
  readonly items: readonly T[];
  readonly resourceVersion: string;
  readonly more: boolean;
  /** How many follow, where the server tells. */
  readonly remainingItemCount: number | undefined;
}

/** An object whose type is only known to be one of Kubernetes. */
export interface UnknownObject extends KubernetesObject {
  [field: string]: unknown;
}

/** What apply takes; apiVersion and kind are filled in where they are left out, and a name must be there. */
export type Appliable<A> = Omit<A, 'apiVersion' | 'kind' | 'metadata'> & {
  readonly apiVersion?: string;
  readonly kind?: string;
  readonly metadata: ObjectMeta;
};
