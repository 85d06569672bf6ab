import { duplicateError, invalidError, notSupportedError, requiredError, type FieldError } from '@kubecast/crd';
import { isIP } from 'node:net';
import type { KubeObject, ServedResource } from '../served-resource.ts';
import { ageColumn, builtinResource, column, listAt, nameColumn, textAt } from './builtin-resource.ts';

const columns = [
  nameColumn,
  column('AddressType', (object) => textAt(object, 'addressType')),
  column('Ports', (object) => several(listAt(object, 'ports').map((port) => (port['port'] === undefined ? '*' : textAt(port, 'port'))))),
  column('Endpoints', (object) => several(listAt(object, 'endpoints').flatMap((one) => listAt(one, 'addresses') as unknown as string[]))),
  ageColumn,
];

/** Up to three, then how many more. */
function several(values: readonly string[]): string {
  if (values.length === 0) return '<unset>';
  return values.length <= 3 ? values.join(',') : `${values.slice(0, 3).join(',')} + ${values.length - 3} more...`;
}

const shared = {
  kind: 'EndpointSlice',
  plural: 'endpointslices',
  group: 'discovery.k8s.io',
  type: 'io.k8s.api.discovery.v1.EndpointSlice',
  columns,
  generation: true,
  behaviour: { unconditionalPut: true, metadata: { update: ['create'] }, labelsCount: true, prepare, validate, unowned },
} as const;

export const endpointSliceResource: ServedResource = builtinResource(shared);

/** What clusters before 1.21 serve. */
export const oldEndpointSliceResource: ServedResource = builtinResource({ ...shared, version: 'v1beta1' });

function prepare(object: KubeObject): void {
  for (const port of listAt(object, 'ports')) {
    port['name'] ??= '';
    port['protocol'] ??= 'TCP';
  }
  for (const one of listAt(object, 'endpoints')) one['conditions'] ??= {};
  // An empty list is stored as none.
  if (Array.isArray(object['endpoints']) && object['endpoints'].length === 0) object['endpoints'] = null;
  if (Array.isArray(object['ports']) && object['ports'].length === 0) object['ports'] = null;
  object['endpoints'] ??= null;
  object['ports'] ??= null;
}

/** The lists are there from the start, as null. */
function unowned(): KubeObject {
  return { endpoints: null, ports: null };
}

function validate(object: KubeObject, old: KubeObject | undefined): readonly FieldError[] {
  const errors: FieldError[] = [];
  const type = textAt(object, 'addressType');
  if (type === '') errors.push(requiredError('addressType'));
  else if (!['IPv4', 'IPv6', 'FQDN'].includes(type)) errors.push(notSupportedError('addressType', type, ['FQDN', 'IPv4', 'IPv6']));
  const changed = old !== undefined && textAt(old, 'addressType') !== type;
  if (changed) errors.push(invalidError('addressType', type, 'field is immutable'));
  const names = new Set<unknown>();
  for (const [index, port] of listAt(object, 'ports').entries()) {
    if (names.has(port['name'])) errors.push(duplicateError(`ports[${index}].name`, port['name']));
    names.add(port['name']);
    if (!['TCP', 'UDP', 'SCTP'].includes(textAt(port, 'protocol')))
      errors.push(notSupportedError(`ports[${index}].protocol`, port['protocol'], ['SCTP', 'TCP', 'UDP']));
  }
  for (const [index, one] of listAt(object, 'endpoints').entries()) {
    const addresses = listAt(one, 'addresses') as unknown as readonly string[];
    if (addresses.length === 0) errors.push(requiredError(`endpoints[${index}].addresses`, 'must contain at least 1 address'));
    // Of a changed type only the change is told.
    if (type === 'FQDN' || changed) continue;
    for (const [place, address] of addresses.entries())
      errors.push(...addressErrors(`endpoints[${index}].addresses[${place}]`, address, type));
  }
  return errors;
}

function addressErrors(field: string, address: string, type: string): FieldError[] {
  const family = isIP(address);
  if (family === 0) return [invalidError(field, address, 'must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)')];
  if (family === 4 && type === 'IPv6') return [invalidError(field, address, 'must be an IPv6 address')];
  if (family === 6 && type === 'IPv4') return [invalidError(field, address, 'must be an IPv4 address')];
  return specialErrors(field, address);
}

/** Addresses that no endpoint may have. */
export function specialErrors(field: string, address: string): FieldError[] {
  if (address === '0.0.0.0' || address === '::') return [invalidError(field, address, `may not be unspecified (${address})`)];
  if (address.startsWith('127.') || address === '::1')
    return [invalidError(field, address, 'may not be in the loopback range (127.0.0.0/8, ::1/128)')];
  if (address.startsWith('169.254.') || /^fe[89ab]/i.test(address))
    return [invalidError(field, address, 'may not be in the link-local range (169.254.0.0/16, fe80::/10)')];
  return [];
}
