/** The types of CustomResourceDefinitions. */
export const crdTypes: string = `@io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1
CustomResourceDefinition # A kind that the server is taught.
  metadata ObjectMeta
  spec! CustomResourceDefinitionSpec
  status CustomResourceDefinitionStatus
CustomResourceDefinitionSpec # What the kind is.
  group! string
  names! CustomResourceDefinitionNames
  scope! string
  versions! [CustomResourceDefinitionVersion] null
  conversion CustomResourceConversion
  preserveUnknownFields bool
CustomResourceDefinitionStatus # What became of it.
  conditions map(type)[CustomResourceDefinitionCondition] patch=none null
  acceptedNames CustomResourceDefinitionNames
  storedVersions [string] null
  observedGeneration int64
CustomResourceDefinitionNames # The names of the kind.
  plural! string
  singular string
  shortNames [string]
  kind! string
  listKind string
  categories [string]
CustomResourceDefinitionVersion # One version of the kind.
  name! string
  served! bool # Whether it can be asked for.
  storage! bool # Whether objects are stored in it.
  deprecated bool
  deprecationWarning string
  schema CustomResourceValidation
  subresources CustomResourceSubresources
  additionalPrinterColumns [CustomResourceColumnDefinition]
  selectableFields [SelectableField]
CustomResourceConversion
  strategy! string
  webhook WebhookConversion
CustomResourceDefinitionCondition
  type! string
  status! string
  lastTransitionTime time null
  reason string
  message string
  observedGeneration int64
CustomResourceValidation # What objects of the version must look like.
  openAPIV3Schema JSONSchemaProps # The structural schema of the whole object.
CustomResourceSubresources # What is written beside the object itself.
  status CustomResourceSubresourceStatus
  scale CustomResourceSubresourceScale
CustomResourceColumnDefinition # A column of kubectl get.
  name! string
  type! string
  format string
  description string
  priority int32
  jsonPath! string
SelectableField
  jsonPath! string
WebhookConversion
  clientConfig WebhookClientConfig
  conversionReviewVersions! [string] null
JSONSchemaProps # A schema, after JSON Schema.
  id string
  $schema string
  $ref string
  description string
  type string
  format string
  title string
  default JSON
  maximum double
  exclusiveMaximum bool
  minimum double
  exclusiveMinimum bool
  maxLength int64
  minLength int64
  pattern string
  maxItems int64
  minItems int64
  uniqueItems bool
  multipleOf double
  enum [JSON]
  maxProperties int64
  minProperties int64
  required [string]
  items JSONSchemaPropsOrArray
  allOf [JSONSchemaProps]
  oneOf [JSONSchemaProps]
  anyOf [JSONSchemaProps]
  not JSONSchemaProps
  properties {JSONSchemaProps}
  additionalProperties JSONSchemaPropsOrBool
  patternProperties {JSONSchemaProps}
  dependencies {JSONSchemaPropsOrStringArray}
  additionalItems JSONSchemaPropsOrBool
  definitions {JSONSchemaProps}
  externalDocs ExternalDocumentation
  example JSON
  nullable bool
  x-kubernetes-preserve-unknown-fields bool
  x-kubernetes-embedded-resource bool
  x-kubernetes-int-or-string bool
  x-kubernetes-list-map-keys [string]
  x-kubernetes-list-type string
  x-kubernetes-map-type string
  x-kubernetes-validations map(rule)[ValidationRule]
CustomResourceSubresourceStatus open
CustomResourceSubresourceScale
  specReplicasPath! string
  statusReplicasPath! string
  labelSelectorPath string
WebhookClientConfig
  url string
  service ServiceReference
  caBundle bytes
JSON any
JSONSchemaPropsOrArray any
JSONSchemaPropsOrBool any
JSONSchemaPropsOrStringArray any
ExternalDocumentation
  description string
  url string
ValidationRule # A rule in CEL.
  rule! string
  message string
  messageExpression string
  reason string:FieldValueDuplicate|FieldValueForbidden|FieldValueInvalid|FieldValueRequired
  fieldPath string
  optionalOldSelf bool
ServiceReference
  namespace! string
  name! string
  path string
  port int32
`;
