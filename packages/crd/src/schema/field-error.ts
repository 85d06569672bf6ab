/** The reason of a cause in a Status (k8s.io/apimachinery field errors). */
export type FieldErrorReason =
  | 'FieldValueRequired'
  | 'FieldValueInvalid'
  | 'FieldValueNotSupported'
  | 'FieldValueDuplicate'
  | 'FieldValueForbidden'
  | 'FieldValueTooLong'
  | 'FieldValueTooMany'
  | 'FieldValueTypeInvalid'
  | 'FieldValueNotFound';

/** One thing that is wrong with an object, at one path. */
export interface FieldError {
  /** The path, as the API server writes it: `spec.models[0].name`. */
  readonly field: string;
  readonly reason: FieldErrorReason;
  /** The text without the field, word for word as the API server says it: `Required value`, `Invalid value: "x": ...`. */
  readonly message: string;
}
