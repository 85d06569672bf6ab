export type { FieldError, FieldErrorReason } from './field-error.ts';
export {
  duplicateError, forbiddenError, goQuote, invalidError, notSupportedError, requiredError, tooLongError, tooManyError, typeInvalidError,
} from './field-error-texts.ts';
export type { ResourceType } from './resource-type.ts';
export type { Schema } from './schema.ts';
export { copyJson, equalJson, getOwn, isObject, setOwn, type JsonObject } from './own-property.ts';
export { objectMetaSchema } from './object-meta-schema.ts';
export { validateObject } from './validate-object.ts';
export { pruneObject, unknownFields } from './prune-object.ts';
export { defaultObject, dropNulls } from './default-object.ts';
export { labelProblems, labelValueProblems, qualifiedNameProblems, subdomainProblems } from './object-names.ts';
export { validateObjectMeta, type MetaRules } from './validate-meta.ts';
export { structuralErrors } from './structural-errors.ts';
