import type { ScopeId } from '../contract/record.ts';
import type { Slab } from './slabs.ts';

/** One record of an image: where its bytes are now, and what is known of it besides. */
export interface ImageRecord {
  readonly slab: Slab;
  readonly offset: number;
  readonly hash: number;
  readonly scope: number;
}

/** The content of a store at one moment, in key order. Records are never written over, so it stays what it is while the store moves on. */
export interface StoreImage {
  readonly apiVersion: string;
  readonly kind: string;
  readonly seed: number;
  readonly scopes: readonly ScopeId[];
  readonly clusters: readonly string[];
  readonly records: readonly ImageRecord[];
}

/** A store's content as it was read back: whole slabs, and a row of place, hash and scope for each record, in key order. */
export interface LoadedImage {
  readonly seed: number;
  readonly scopes: readonly ScopeId[];
  readonly clusters: readonly string[];
  readonly segments: readonly ArrayBuffer[];
  readonly rows: Int32Array;
}
