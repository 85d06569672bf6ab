/** One requirement of a label selector (Kubernetes API concepts, label selectors). */
export interface LabelRequirement {
  readonly key: string;
  readonly operator: 'Exists' | 'DoesNotExist' | 'In' | 'NotIn' | 'Gt' | 'Lt';
  readonly values: readonly string[];
  /** How a requirement of one value was written; without it as a set, `in (..)` or `notin (..)`. It changes the text, never what matches. */
  readonly sign?: '=' | '==' | '!=';
}

/** A parsed label selector: all requirements must hold. No requirement matches everything. */
export interface LabelSelector {
  readonly requirements: readonly LabelRequirement[];
}
