import { invalidError, isObject, type FieldError } from '@kubecast/crd';
import type { KubeObject, ServedResource } from '../served-resource.ts';
import { ageColumn, at, builtinResource, column, nameColumn, textAt } from './builtin-resource.ts';
import { readMicroTimes } from './go-times.ts';

export const leaseResource: ServedResource = builtinResource({
  group: 'coordination.k8s.io',
  kind: 'Lease',
  plural: 'leases',
  type: 'io.k8s.api.coordination.v1.Lease',
  columns: [nameColumn, column('Holder', (object) => textAt(object, 'spec', 'holderIdentity')), ageColumn],
  behaviour: { putCreates: true, unconditionalPut: false, metadata: { kubeFinalizers: false, update: ['update'] }, prepare, validate },
});

function prepare(object: KubeObject): void {
  if (!isObject(object['spec'])) object['spec'] = {};
  readMicroTimes(object, 'Lease', ['spec', 'acquireTime'], ['spec', 'renewTime']);
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
