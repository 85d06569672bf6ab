import { invalidError, isObject, type FieldError } from '@kubecast/crd';
import { badRequest } from '../status/status-error.ts';
import type { KubeObject, ServedResource } from '../served-resource.ts';
import { ageColumn, at, builtinResource, column, nameColumn, textAt } from './builtin-resource.ts';

export const leaseResource: ServedResource = builtinResource({
  group: 'coordination.k8s.io',
  kind: 'Lease',
  plural: 'leases',
  type: 'io.k8s.api.coordination.v1.Lease',
  columns: [nameColumn, column('Holder', (object) => textAt(object, 'spec', 'holderIdentity')), ageColumn],
  behaviour: { putCreates: true, unconditionalPut: false, prepare, validate },
});

function prepare(object: KubeObject): void {
  if (!isObject(object['spec'])) object['spec'] = {};
  for (const name of ['acquireTime', 'renewTime']) checkMicroTime(at(object, 'spec', name));
}

/** MicroTime is decoded with exactly six digits of a fraction. */
function checkMicroTime(value: unknown): void {
  if (value === undefined || value === null) return;
  if (typeof value === 'string' && /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{6}(?:Z|[+-]\d{2}:\d{2})$/.test(value)) return;
  const shown = JSON.stringify(value);
  const rest = typeof value === 'string' ? /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(.*)$/.exec(value)?.[1] : undefined;
  const cannot = rest === undefined ? `cannot parse ${shown} as "2006"` : `cannot parse ${JSON.stringify(rest)} as ".000000"`;
  throw badRequest(
    `Lease in version "v1" cannot be handled as a Lease: parsing time ${shown} as "2006-01-02T15:04:05.000000Z07:00": ${cannot}`,
  );
}

function validate(object: KubeObject): readonly FieldError[] {
  const errors: FieldError[] = [];
  const duration = at(object, 'spec', 'leaseDurationSeconds');
  if (typeof duration === 'number' && duration <= 0)
    errors.push(invalidError('spec.leaseDurationSeconds', duration, 'must be greater than 0'));
  const transitions = at(object, 'spec', 'leaseTransitions');
  if (typeof transitions === 'number' && transitions < 0)
    errors.push(invalidError('spec.leaseTransitions', transitions, 'must be greater than or equal to 0'));
  return errors;
}
