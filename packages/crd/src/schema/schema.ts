/** A rule in CEL about the value of its schema (apiextensions.k8s.io/v1 ValidationRule). */
export interface ValidationRule {
  /** Must be true. `self` is the value; `oldSelf` what it was before an update. */
  readonly rule: string;
  readonly message?: string;
  /** An expression that computes the message; `message` is used if it fails. */
  readonly messageExpression?: string;
  /** Default: FieldValueInvalid. */
  readonly reason?: string;
  /** The field below that the error is about: `.models`. */
  readonly fieldPath?: string;
  /** `oldSelf` is an optional value, and the rule is evaluated on a create too. */
  readonly optionalOldSelf?: boolean;
}

/** A structural schema, as openAPIV3Schema of a CustomResourceDefinition carries it (apiextensions.k8s.io/v1 JSONSchemaProps). */
export interface Schema {
  readonly type?: 'object' | 'array' | 'string' | 'integer' | 'number' | 'boolean';
  readonly description?: string;
  readonly title?: string;
  readonly format?: string;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly additionalProperties?: Schema | boolean;
  readonly items?: Schema;
  readonly required?: readonly string[];
  readonly enum?: readonly unknown[];
  readonly default?: unknown;
  readonly example?: unknown;
  readonly nullable?: boolean;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly pattern?: string;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly exclusiveMinimum?: boolean;
  readonly exclusiveMaximum?: boolean;
  readonly multipleOf?: number;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly uniqueItems?: boolean;
  readonly minProperties?: number;
  readonly maxProperties?: number;
  readonly allOf?: readonly Schema[];
  readonly anyOf?: readonly Schema[];
  readonly oneOf?: readonly Schema[];
  readonly not?: Schema;
  readonly 'x-kubernetes-preserve-unknown-fields'?: boolean;
  readonly 'x-kubernetes-embedded-resource'?: boolean;
  readonly 'x-kubernetes-int-or-string'?: boolean;
  readonly 'x-kubernetes-list-type'?: 'atomic' | 'set' | 'map';
  readonly 'x-kubernetes-list-map-keys'?: readonly string[];
  readonly 'x-kubernetes-map-type'?: 'atomic' | 'granular';
  readonly 'x-kubernetes-validations'?: readonly ValidationRule[];
  /** Built-in kinds only (strategic merge patch). */
  readonly 'x-kubernetes-patch-merge-key'?: string;
  readonly 'x-kubernetes-patch-strategy'?: string;
}
