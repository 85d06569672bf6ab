export type { FieldError, FieldErrorReason } from './schema/field-error.ts';
export {
  duplicateError,
  forbiddenError,
  goQuote,
  invalidError,
  notSupportedError,
  requiredError,
  tooLongError,
  tooManyError,
  typeInvalidError,
} from './schema/field-error-texts.ts';
export type { ResourceType } from './schema/resource-type.ts';
export type { Schema, ValidationRule } from './schema/schema.ts';
export { copyJson, equalJson, getOwn, isObject, setOwn, type JsonObject } from './schema/own-property.ts';
export { objectMetaSchema } from './schema/object-meta-schema.ts';
export { validateObject } from './validation/validate-object.ts';
export { pruneObject, unknownFields } from './validation/prune-object.ts';
export { defaultObject, dropNulls } from './validation/default-object.ts';
export { label1035Problems, labelProblems, labelValueProblems, qualifiedNameProblems, subdomainProblems } from './schema/object-names.ts';
export { validateObjectMeta, type MetaRules } from './validation/validate-meta.ts';
export { structuralErrors } from './validation/structural-errors.ts';
export { CrdError, DefinitionError, isCrdError, isValidationError, ValidationError } from './errors.ts';
export type { KubernetesObject, ManagedFieldsEntry, ObjectMeta, OwnerReference } from './schema/object-meta.ts';
export {
  array,
  boolean,
  embeddedResource,
  integer,
  intOrString,
  listMap,
  map,
  nullable,
  number,
  object,
  optional,
  set,
  string,
  unknown,
  withDefault,
  withRules,
  type ApplyField,
  type ApplyShape,
  type ArrayOptions,
  type Field,
  type FieldMode,
  type InferField,
  type InferShape,
  type MapOptions,
  type NumberOptions,
  type ObjectOptions,
  type Shape,
  type StringOptions,
} from './definition/field.ts';
export {
  defineResource,
  type ApplyOf,
  type DefinitionOptions,
  type Infer,
  type InferApply,
  type ObjectOf,
  type PrinterColumn,
  type ResourceDefinition,
} from './definition/define-resource.ts';
export { toManifest } from './definition/manifest.ts';
export { compareCrd, type CrdConflict } from './definition/compare-crd.ts';
export { checkErrors, checkObject, type CheckOptions } from './definition/check-object.ts';
export { appModel, type AnnouncedModel, type AppModel, type AppModelApply, type AppModelSpec } from './definition/app-model.ts';
export {
  configMapType,
  customResourceDefinitionType,
  endpointSliceType,
  endpointSliceV1beta1Type,
  endpointsType,
  eventType,
  leaseType,
  namespaceType,
  podType,
  secretType,
  serviceType,
  type Condition,
  type ConfigMap,
  type CustomResourceDefinition,
  type CustomResourceDefinitionVersion,
  type Endpoint,
  type EndpointAddress,
  type EndpointConditions,
  type EndpointPort,
  type Endpoints,
  type EndpointSlice,
  type Event,
  type Lease,
  type Namespace,
  type ObjectReference,
  type Pod,
  type Secret,
  type Service,
  type ServicePort,
} from './definition/builtin-kinds.ts';
