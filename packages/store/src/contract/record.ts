declare const scopeBrand: unique symbol;

/** Names one source of a store's objects (a cluster, a namespace of it, a selector). Opaque here; the informer makes them. */
export type ScopeId = string & { readonly [scopeBrand]: true };

/** One object as it came from the wire. */
export interface RawRecord {
  /** The object's JSON in UTF-8. Borrowed: the store copies what it keeps before the call returns. */
  readonly object: Uint8Array;
  /** The cluster part of its key; `''` where there is one. */
  readonly cluster?: string;
  /** The scope that it belongs to; what `replace(scope)` compares with. Default: the one scope `''`. */
  readonly scope?: ScopeId;
}
