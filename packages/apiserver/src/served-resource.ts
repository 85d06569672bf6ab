import type { FieldError, ResourceType, Schema } from '@kubecast/crd';

export type Verb = 'create' | 'delete' | 'deletecollection' | 'get' | 'list' | 'patch' | 'update' | 'watch';
export type KubeObject = Record<string, unknown>;

/** A column of a Table (CustomResourceDefinition additionalPrinterColumns). */
export interface Column {
  readonly name: string;
  readonly type: string;
  readonly format?: string;
  readonly description?: string;
  readonly priority?: number;
  /** For custom resources. */
  readonly jsonPath?: string;
  /** For built-in kinds: the cell's value. `now` is the wall clock in ms. */
  readonly cell?: (object: KubeObject, now: number) => unknown;
}

/** The checks of metadata as of a new object, with names and finalizers, or as of a changed one. */
export type MetadataPass = 'create' | 'update';

/** What is particular to a built-in kind; absent for custom resources. */
export interface BuiltinBehaviour {
  /** Fills defaults and what the server allocates. Changes `object`, which is the server's own copy. */
  readonly prepare?: (object: KubeObject, old: KubeObject | undefined, allocate: Allocator) => void;
  readonly validate?: (object: KubeObject, old: KubeObject | undefined) => readonly FieldError[];
  /**
   * The part of a new object that stands there without anybody's doing: the structs that a Go value of the kind has from the
   * start, and what the server allocated rather than defaulted. No manager comes to own it (server-side apply).
   */
  readonly unowned?: (object: KubeObject) => KubeObject;
  /** How the kind checks metadata by itself, beside what is checked of every kind; without it as most do. */
  readonly metadata?: {
    /** false: a new object's metadata is held only to what holds for every kind. */
    readonly create?: boolean;
    /** What is checked when an object changes, in this order; each cause is told as often as it is found. Default: as a change, then as a new one. */
    readonly update?: readonly MetadataPass[];
    /** false: finalizers need no domain. */
    readonly kubeFinalizers?: boolean;
  };
  /** A change of labels counts as a generation too. */
  readonly labelsCount?: boolean;
  /** Texts of Warning headers for a new object. */
  readonly warnings?: (object: KubeObject) => readonly string[];
  /** What a DELETE without finalizers answers with. */
  readonly deleteAnswer: 'status' | 'object';
  /** PUT of a missing object creates it (Lease, Service). */
  readonly putCreates: boolean;
  /** PUT without resourceVersion is unconditional (ConfigMap, Service). */
  readonly unconditionalPut: boolean;
  /** Field selectors beside metadata.name and metadata.namespace: the field's value as text. */
  readonly fields?: Readonly<Record<string, (object: KubeObject) => string>>;
  /** The objects are another kind's, under other names: Event of events.k8s.io. */
  readonly storedAs?: {
    readonly table: string;
    readonly version: string;
    toStored(object: KubeObject): KubeObject;
    fromStored(object: KubeObject): KubeObject;
  };
}

export interface Allocator {
  clusterIP(): string;
  nodePort(): number;
}

/** One resource in one version, as the server serves it. */
export interface ServedResource extends ResourceType {
  readonly singular: string;
  readonly listKind: string;
  readonly shortNames: readonly string[];
  readonly categories: readonly string[];
  readonly verbs: readonly Verb[];
  /** The structural schema of the whole object (spec, status, ...); for built-in kinds too. */
  readonly schema: Schema;
  readonly columns: readonly Column[];
  readonly subresources: {
    readonly status?: boolean;
    readonly scale?: { readonly specReplicasPath: string; readonly statusReplicasPath: string; readonly labelSelectorPath?: string };
  };
  /** Whether metadata.generation is kept. */
  readonly generation: boolean;
  /** Paths usable in fieldSelector (custom resources). */
  readonly selectableFields: readonly string[];
  /** `group/version/Kind` of the version that is stored; storageVersionHash is made of it. */
  readonly storage: string;
  readonly deprecationWarning?: string;
  readonly builtin?: BuiltinBehaviour;
}
