export type { FieldError, FieldErrorReason } from './field-error.ts';
export type { ResourceType } from './resource-type.ts';
export type { Schema } from './schema.ts';
