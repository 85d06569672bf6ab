import {
  getOwn,
  invalidError,
  isObject,
  label1035Problems,
  requiredError,
  structuralErrors,
  subdomainProblems,
  type FieldError,
  type Schema,
} from '@kubecast/crd';
import { compileRules } from '@kubecast/crd/cel';
import type { BuiltinBehaviour, KubeObject } from '../served-resource.ts';
import { textOf } from '../status/text-of.ts';
import { namesErrors } from './crd-names-rules.ts';
import { conversionErrors, deprecationErrors, versionErrors } from './crd-version-rules.ts';

/** Defaults, validation and immutable fields of CustomResourceDefinitions. */
export const crdBehaviour: BuiltinBehaviour = {
  deleteAnswer: 'object',
  putCreates: false,
  unconditionalPut: false,
  metadata: { update: ['update'], kubeFinalizers: false },
  prepare(object, old) {
    const spec = object['spec'];
    if (isObject(spec)) {
      const names = isObject(spec['names']) ? spec['names'] : {};
      if (typeof names['kind'] === 'string') {
        names['singular'] ??= names['kind'].toLowerCase();
        names['listKind'] ??= `${names['kind']}List`;
      }
      spec['conversion'] ??= { strategy: 'None' };
    }
    if (old === undefined) {
      object['status'] = { conditions: null, acceptedNames: { plural: '', kind: '' }, storedVersions: storageVersions(object) };
      return;
    }
    const status = isObject(old['status']) ? { ...old['status'] } : {};
    const stored = Array.isArray(status['storedVersions']) ? [...(status['storedVersions'] as string[])] : [];
    for (const version of storageVersions(object)) if (!stored.includes(version)) stored.push(version);
    object['status'] = { ...status, storedVersions: stored };
  },
  validate(object, old) {
    const spec = isObject(object['spec']) ? object['spec'] : {};
    const names = isObject(spec['names']) ? spec['names'] : {};
    const name = textOf((object['metadata'] as Record<string, unknown>)['name']);
    const errors: FieldError[] = [];
    if (name !== `${textOf(names['plural'])}.${textOf(spec['group'])}`)
      errors.push(invalidError('metadata.name', name, 'must be spec.names.plural+"."+spec.group'));
    errors.push(...specErrors(spec, names, object), ...storedVersionErrors(object, spec));
    if (old !== undefined) errors.push(...immutableErrors(spec, isObject(old['spec']) ? old['spec'] : {}));
    return errors;
  },
};

function versionsOf(spec: Record<string, unknown>): Record<string, unknown>[] {
  return Array.isArray(spec['versions']) ? spec['versions'].filter(isObject) : [];
}

function storageVersions(object: KubeObject): string[] {
  const spec = isObject(object['spec']) ? object['spec'] : {};
  return versionsOf(spec)
    .filter((version) => version['storage'] === true)
    .map((version) => textOf(version['name']));
}

function specErrors(spec: Record<string, unknown>, names: Record<string, unknown>, object: KubeObject): FieldError[] {
  const errors: FieldError[] = [];
  const group = spec['group'];
  if (typeof group !== 'string' || group === '') errors.push(requiredError('spec.group'));
  else if (subdomainProblems(group).length > 0) errors.push(invalidError('spec.group', group, subdomainProblems(group).join(',')));
  else if (!group.includes('.')) errors.push(invalidError('spec.group', group, 'should be a domain with at least one dot'));
  else if (/(^|\.)(k8s|kubernetes)\.io$/.test(group) && !approved(object)) {
    errors.push({
      field: 'metadata.annotations[api-approved.kubernetes.io]',
      reason: 'FieldValueRequired',
      message:
        'Required value: protected groups must have approval annotation "api-approved.kubernetes.io", see https://github.com/kubernetes/enhancements/pull/1111',
    });
  }
  if (spec['scope'] !== 'Namespaced' && spec['scope'] !== 'Cluster') {
    errors.push(
      spec['scope'] === undefined || spec['scope'] === ''
        ? requiredError('spec.scope')
        : {
            field: 'spec.scope',
            reason: 'FieldValueNotSupported',
            message: `Unsupported value: ${JSON.stringify(spec['scope'])}: supported values: "Cluster", "Namespaced"`,
          },
    );
  }
  if (spec['preserveUnknownFields'] === true)
    errors.push(
      invalidError(
        'spec.preserveUnknownFields',
        true,
        'cannot set to true, set x-kubernetes-preserve-unknown-fields to true in spec.versions[*].schema instead',
      ),
    );
  const versions = versionsOf(spec);
  for (const [index, version] of versions.entries()) {
    const place = `spec.versions[${index}]`;
    errors.push(...labelErrors(`${place}.name`, textOf(version['name'])), ...deprecationErrors(version, place));
  }
  if (new Set(versions.map((version) => version['name'])).size < versions.length)
    errors.push(invalidError('spec.versions', spec['versions'], 'must contain unique version names'));
  if (versions.filter((version) => version['storage'] === true).length !== 1)
    errors.push(invalidError('spec.versions', spec['versions'] ?? [], 'must have exactly one version marked as storage version'));
  // The name of the first version has a place of its own in the form that the server validates.
  const first = textOf(versions[0]?.['name']);
  if (first !== '') errors.push(...labelErrors('spec.version', first));
  errors.push(...namesErrors(names));
  for (const [index, version] of versions.entries()) {
    const path = `spec.versions[${index}].schema.openAPIV3Schema`;
    const schema = isObject(version['schema']) ? getOwn(version['schema'], 'openAPIV3Schema') : undefined;
    if (!isObject(schema)) errors.push(requiredError(path));
    else {
      // With a single version the server names the place of the schema in v1beta1.
      const place = versions.length === 1 ? 'spec.validation.openAPIV3Schema' : path;
      const structural = structuralErrors(schema as Schema, place);
      // Rules are compiled only if the schema has no errors.
      errors.push(...structural, ...(structural.length > 0 ? [] : compileRules(schema as Schema, place).errors));
    }
    errors.push(...versionErrors(version, versions.length === 1 ? 'spec' : `spec.versions[${index}]`));
  }
  errors.push(...conversionErrors(spec));
  return errors;
}

function labelErrors(field: string, name: string): FieldError[] {
  const why = label1035Problems(name).join(',');
  return why === '' ? [] : [invalidError(field, name, why)];
}

function approved(object: KubeObject): boolean {
  const annotations = (object['metadata'] as Record<string, unknown>)['annotations'];
  return isObject(annotations) && Object.hasOwn(annotations, 'api-approved.kubernetes.io');
}

function storedVersionErrors(object: KubeObject, spec: Record<string, unknown>): FieldError[] {
  const status = isObject(object['status']) ? object['status'] : {};
  const present = new Set(versionsOf(spec).map((version) => version['name']));
  return ((status['storedVersions'] as string[] | undefined) ?? []).flatMap((version, index) =>
    present.has(version)
      ? []
      : [
          invalidError(
            `status.storedVersions[${index}]`,
            version,
            `missing from spec.versions; ${version} was previously a storage version, and must remain in spec.versions until a storage migration ensures no data remains persisted in ${version} and removes ${version} from status.storedVersions`,
          ),
        ],
  );
}

function immutableErrors(spec: Record<string, unknown>, old: Record<string, unknown>): FieldError[] {
  const errors: FieldError[] = [];
  const names = isObject(spec['names']) ? spec['names'] : {};
  const oldNames = isObject(old['names']) ? old['names'] : {};
  const check = (field: string, value: unknown, before: unknown): void => {
    if (value !== before) errors.push(invalidError(field, value ?? '', 'field is immutable'));
  };
  check('spec.group', spec['group'], old['group']);
  check('spec.scope', spec['scope'], old['scope']);
  check('spec.names.kind', names['kind'], oldNames['kind']);
  check('spec.names.plural', names['plural'], oldNames['plural']);
  return errors;
}
