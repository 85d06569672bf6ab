import { getOwn, invalidError, isObject, notSupportedError, requiredError, type FieldError } from '@kubecast/crd';
import type { Allocator, KubeObject, ServedResource } from '../../served-resource.ts';
import { ageColumn, at, builtinResource, column, listAt, nameColumn, textAt } from '../builtin-resource.ts';

export const serviceResource: ServedResource = builtinResource({
  kind: 'Service',
  plural: 'services',
  shortNames: ['svc'],
  categories: ['all'],
  status: true,
  type: 'io.k8s.api.core.v1.Service',
  columns: [
    nameColumn,
    column('Type', (object) => textAt(object, 'spec', 'type')),
    column('Cluster-IP', (object) => textAt(object, 'spec', 'clusterIP') || '<none>'),
    column('External-IP', externalIP),
    column('Port(s)', (object) => listAt(object, 'spec', 'ports').map(portText).join(',') || '<none>'),
    ageColumn,
    column('Selector', (object) => pairs(at(object, 'spec', 'selector')), 1),
  ],
  behaviour: {
    deleteAnswer: 'object',
    metadata: { update: ['update'] },
    putCreates: true,
    unconditionalPut: true,
    prepare,
    validate,
    unowned,
    fields: { 'spec.clusterIP': (object) => textAt(object, 'spec', 'clusterIP'), 'spec.type': (object) => textAt(object, 'spec', 'type') },
  },
});

function portText(item: KubeObject): string {
  const node = item['nodePort'] === undefined ? '' : `:${textAt(item, 'nodePort')}`;
  return `${textAt(item, 'port')}${node}/${textAt(item, 'protocol') || 'TCP'}`;
}

function externalIP(object: KubeObject): string {
  if (textAt(object, 'spec', 'type') === 'ExternalName') return textAt(object, 'spec', 'externalName');
  const ingress = listAt(object, 'status', 'loadBalancer', 'ingress').map((one) => textAt(one, 'ip') || textAt(one, 'hostname'));
  const all = [...ingress, ...(listAt(object, 'spec', 'externalIPs') as unknown as string[])];
  if (all.length > 0) return all.join(',');
  return textAt(object, 'spec', 'type') === 'LoadBalancer' ? '<pending>' : '<none>';
}

function pairs(value: unknown): string {
  return isObject(value)
    ? Object.keys(value)
        .sort()
        .map((key) => `${key}=${textAt(value, key)}`)
        .join(',')
    : '<none>';
}

function prepare(object: KubeObject, old: KubeObject | undefined, allocate: Allocator): void {
  const spec = isObject(object['spec']) ? object['spec'] : {};
  object['spec'] = spec;
  spec['type'] ??= 'ClusterIP';
  spec['sessionAffinity'] ??= 'None';
  for (const item of listAt(spec, 'ports')) {
    item['protocol'] ??= 'TCP';
    item['targetPort'] ??= item['port'];
  }
  if (spec['type'] === 'ExternalName') {
    for (const name of ['clusterIP', 'clusterIPs', 'ipFamilies', 'ipFamilyPolicy', 'internalTrafficPolicy']) delete spec[name];
  } else {
    allocateAddress(spec, isObject(old?.['spec']) ? old['spec'] : {}, allocate);
    spec['internalTrafficPolicy'] ??= 'Cluster';
    // Nothing is allocated to a headless service without a selector: it may have both families, whatever the cluster has.
    const open = spec['clusterIP'] === 'None' && at(spec, 'selector') === undefined;
    spec['ipFamilies'] ??= open ? ['IPv4', 'IPv6'] : ['IPv4'];
    spec['ipFamilyPolicy'] ??= open ? 'RequireDualStack' : 'SingleStack';
  }
  if (spec['type'] === 'NodePort' || spec['type'] === 'LoadBalancer')
    allocatePorts(spec, isObject(old?.['spec']) ? old['spec'] : {}, allocate);
  if (old === undefined) object['status'] = { loadBalancer: {} };
}

/** Addresses are allocated; only a headless service says its own. */
function unowned(object: KubeObject): KubeObject {
  const spec = isObject(object['spec']) ? object['spec'] : {};
  const allocated = ['clusterIP', 'clusterIPs', 'ipFamilies', 'ipFamilyPolicy'].filter(
    (name) => Object.hasOwn(spec, name) && spec[name] !== 'None',
  );
  return { spec: Object.fromEntries(allocated.map((name) => [name, spec[name]])), status: { loadBalancer: {} } };
}

function allocateAddress(spec: KubeObject, old: KubeObject, allocate: Allocator): void {
  const asked = getOwn(spec, 'clusterIP');
  if (asked === undefined || asked === '') {
    spec['clusterIP'] = getOwn(old, 'clusterIP') ?? allocate.clusterIP();
    spec['clusterIPs'] = getOwn(old, 'clusterIPs') ?? [spec['clusterIP']];
  } else {
    spec['clusterIPs'] ??= [asked];
  }
}

function allocatePorts(spec: KubeObject, old: KubeObject, allocate: Allocator): void {
  spec['externalTrafficPolicy'] ??= 'Cluster';
  if (spec['type'] === 'LoadBalancer') spec['allocateLoadBalancerNodePorts'] ??= true;
  for (const item of listAt(spec, 'ports')) {
    if (typeof item['nodePort'] === 'number' && item['nodePort'] !== 0) continue;
    const before = listAt(old, 'ports').find((one) => one['port'] === item['port'] && one['protocol'] === item['protocol']);
    item['nodePort'] = before?.['nodePort'] ?? allocate.nodePort();
  }
}

const portRange = 'must be between 1 and 65535, inclusive';

/** The API server shows the port's key in the shape of its internal struct. */
function duplicatePort(field: string, item: KubeObject): FieldError {
  const shown = { Name: '', Protocol: item['protocol'], AppProtocol: null, Port: item['port'], TargetPort: 0, NodePort: 0 };
  return { field, reason: 'FieldValueDuplicate', message: `Duplicate value: ${JSON.stringify(shown)}` };
}

function validate(object: KubeObject, old: KubeObject | undefined): readonly FieldError[] {
  const errors: FieldError[] = [];
  const spec = isObject(object['spec']) ? object['spec'] : {};
  const ports = listAt(spec, 'ports');
  const type = spec['type'];
  if (!['ClusterIP', 'NodePort', 'LoadBalancer', 'ExternalName'].includes(textAt(spec, 'type')))
    errors.push(notSupportedError('spec.type', type, ['ClusterIP', 'ExternalName', 'LoadBalancer', 'NodePort']));
  if (ports.length === 0 && spec['clusterIP'] !== 'None' && type !== 'ExternalName') errors.push(requiredError('spec.ports'));
  if (type === 'ExternalName' && textAt(spec, 'externalName') === '') errors.push(requiredError('spec.externalName'));
  const names = new Set<unknown>();
  for (const [index, item] of ports.entries()) {
    const path = `spec.ports[${index}]`;
    const name = item['name'];
    if (ports.length > 1 && (name === undefined || name === '')) errors.push(requiredError(`${path}.name`));
    else if (name !== undefined && names.has(name))
      errors.push({ field: `${path}.name`, reason: 'FieldValueDuplicate', message: `Duplicate value: ${JSON.stringify(name)}` });
    names.add(name);
    const same = ports.findIndex((other) => other['port'] === item['port'] && other['protocol'] === item['protocol']);
    if (same < index) errors.push(duplicatePort(path, item));
    const number = item['port'];
    if (typeof number !== 'number' || number < 1 || number > 65_535) errors.push(invalidError(`${path}.port`, number ?? 0, portRange));
    const target = item['targetPort'];
    if (typeof target === 'number' && (target < 1 || target > 65_535)) errors.push(invalidError(`${path}.targetPort`, target, portRange));
    if (!['TCP', 'UDP', 'SCTP'].includes(textAt(item, 'protocol')))
      errors.push(notSupportedError(`${path}.protocol`, item['protocol'], ['SCTP', 'TCP', 'UDP']));
  }
  const before = textAt(old, 'spec', 'clusterIP');
  const after = textAt(spec, 'clusterIP');
  if (before !== '' && type !== 'ExternalName' && textAt(old, 'spec', 'type') !== 'ExternalName' && before !== after) {
    errors.push(invalidError('spec.clusterIPs[0]', spec['clusterIPs'] ?? [], 'may not change once set'));
  }
  return errors;
}
