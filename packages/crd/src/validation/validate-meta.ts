import type { FieldError } from '../schema/field-error.ts';
import { forbiddenError, invalidError, requiredError, tooLongError } from '../schema/field-error-texts.ts';
import { labelProblems, labelValueProblems, qualifiedNameProblems, subdomainProblems } from '../schema/object-names.ts';
import { objectMetaSchema } from '../schema/object-meta-schema.ts';
import { isObject, type JsonObject } from '../schema/own-property.ts';
import { validateObject } from './validate-object.ts';

export interface MetaRules {
  readonly namespaced: boolean;
  /** The name must be an RFC 1123 label (Namespace, Service), not only a subdomain. */
  readonly nameIsLabel?: boolean;
  /** The name rules of a kind that has its own; returns the problems of a name. */
  readonly nameProblems?: (name: string) => readonly string[];
}

/** The bytes that keys and values of all annotations may have together. */
const annotationLimit = 262_144;

const encoder = new TextEncoder();

/**
 * Checks metadata as the API server does after it filled in the name, word for word: name, generateName, namespace, labels,
 * annotations, ownerReferences, finalizers. A field of the wrong JSON type is reported alone, since the server does not
 * decode such an object at all. Never throws.
 */
export function validateObjectMeta(meta: unknown, rules: MetaRules): readonly FieldError[] {
  if (!isObject(meta)) return [requiredError('metadata.name', 'name or generateName is required')];
  const wrong = validateObject(objectMetaSchema, meta, 'metadata').filter((error) => error.reason === 'FieldValueTypeInvalid');
  if (wrong.length > 0) return wrong;
  return [
    ...nameErrors(meta, rules),
    ...namespaceErrors(meta, rules),
    ...labelErrors(meta['labels'] as Record<string, string> | undefined),
    ...annotationErrors(meta['annotations'] as Record<string, string> | undefined),
    ...ownerErrors(meta['ownerReferences'] as readonly JsonObject[] | undefined),
    ...finalizerErrors(meta['finalizers'] as readonly string[] | undefined),
  ];
}

const text = (value: unknown): string => (typeof value === 'string' ? value : '');

function nameErrors(meta: JsonObject, rules: MetaRules): FieldError[] {
  const problems = rules.nameProblems ?? (rules.nameIsLabel === true ? labelProblems : subdomainProblems);
  const name = text(meta['name']);
  const generateName = text(meta['generateName']);
  const errors: FieldError[] = [];
  if (generateName !== '') {
    // A trailing dash is allowed, because random characters follow.
    const stem = generateName.length > 1 && generateName.endsWith('-') ? `${generateName.slice(0, -2)}a` : generateName;
    errors.push(...problems(stem).map((problem) => invalidError('metadata.generateName', generateName, problem)));
  }
  if (name === '') errors.push(requiredError('metadata.name', 'name or generateName is required'));
  else errors.push(...problems(name).map((problem) => invalidError('metadata.name', name, problem)));
  return errors;
}

function namespaceErrors(meta: JsonObject, rules: MetaRules): FieldError[] {
  const namespace = text(meta['namespace']);
  if (!rules.namespaced) return namespace === '' ? [] : [forbiddenError('metadata.namespace', 'not allowed on this type')];
  if (namespace === '') return [requiredError('metadata.namespace')];
  return labelProblems(namespace).map((problem) => invalidError('metadata.namespace', namespace, problem));
}

function labelErrors(labels: Readonly<Record<string, string>> | undefined): FieldError[] {
  return Object.entries(labels ?? {}).flatMap(([key, value]) => [
    ...qualifiedNameProblems(key).map((problem) => invalidError('metadata.labels', key, problem)),
    ...labelValueProblems(value).map((problem) => invalidError('metadata.labels', value, problem)),
  ]);
}

function annotationErrors(annotations: Readonly<Record<string, string>> | undefined): FieldError[] {
  const errors: FieldError[] = [];
  let size = 0;
  for (const [key, value] of Object.entries(annotations ?? {})) {
    errors.push(...qualifiedNameProblems(key.toLowerCase()).map((problem) => invalidError('metadata.annotations', key, problem)));
    size += encoder.encode(key).length + encoder.encode(value).length;
  }
  if (size > annotationLimit) errors.push(tooLongError('metadata.annotations', annotationLimit));
  return errors;
}

/** A reference as the server prints it. */
function inOrder(reference: JsonObject): JsonObject {
  const names = ['apiVersion', 'kind', 'name', 'uid', 'controller', 'blockOwnerDeletion'];
  return Object.fromEntries(names.filter((name) => reference[name] !== undefined).map((name) => [name, reference[name]]));
}

function ownerErrors(references: readonly JsonObject[] | undefined): FieldError[] {
  const field = 'metadata.ownerReferences';
  const errors: FieldError[] = [];
  let controller: string | undefined;
  for (const reference of references ?? []) {
    const apiVersion = text(reference['apiVersion']);
    if (apiVersion === '' || apiVersion.endsWith('/') || apiVersion.split('/').length > 2)
      errors.push(invalidError(`${field}.apiVersion`, apiVersion, 'version must not be empty'));
    for (const name of ['kind', 'name', 'uid']) {
      if (text(reference[name]) === '') errors.push(invalidError(`${field}.${name}`, '', 'must not be empty'));
    }
    if (apiVersion === 'v1' && reference['kind'] === 'Event')
      errors.push(invalidError(field, inOrder(reference), '/v1, Kind=Event is disallowed from being an owner'));
    if (reference['controller'] === true) {
      const name = `${text(reference['kind'])}/${text(reference['name'])}`;
      if (controller === undefined) controller = name;
      else
        errors.push(
          invalidError(
            field,
            references?.map(inOrder),
            `Only one reference can have Controller set to true. Found "true" in references for ${controller} and ${name}`,
          ),
        );
    }
  }
  return errors;
}

function finalizerErrors(finalizers: readonly string[] | undefined): FieldError[] {
  const field = 'metadata.finalizers';
  const errors = (finalizers ?? []).flatMap((finalizer) =>
    qualifiedNameProblems(finalizer).map((problem) => invalidError(field, finalizer, problem)),
  );
  if (finalizers?.includes('orphan') === true && finalizers.includes('foregroundDeletion')) {
    errors.push(invalidError(field, finalizers, 'finalizer orphan and foregroundDeletion cannot be both set'));
  }
  return errors;
}
