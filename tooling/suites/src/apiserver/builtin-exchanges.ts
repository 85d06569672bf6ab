import { apply, json, merge, strategic } from './target.ts';

export interface Exchange {
  readonly method: string;
  readonly path: string;
  readonly type?: string;
  readonly body?: unknown;
  readonly accept?: string;
}

const table = 'application/json;as=Table;v=v1;g=meta.k8s.io';

/** One request after another to the built-in kinds, in a namespace of its own: what is filled in, refused, owned and shown. */
export function builtinExchanges(namespace: string): readonly Exchange[] {
  const out: Exchange[] = [];
  const core = `/api/v1/namespaces/${namespace}`;
  const inGroup = (group: string): string => `/apis/${group}/v1/namespaces/${namespace}`;
  const post = (path: string, body: unknown): void => void out.push({ method: 'POST', path: `${path}?fieldManager=m`, type: json, body });
  const patch = (path: string, type: string, body: unknown, manager = 'n'): void =>
    void out.push({ method: 'PATCH', path: `${path}?fieldManager=${manager}`, type, body });
  const get = (path: string, accept?: string): void => void out.push({ method: 'GET', path, ...(accept === undefined ? {} : { accept }) });
  const remove = (path: string): void => void out.push({ method: 'DELETE', path });
  const object = (apiVersion: string, kind: string, name: string, more: object): object => ({
    apiVersion,
    kind,
    metadata: { name },
    ...more,
  });

  post('/api/v1/namespaces', { metadata: { name: namespace } });
  patch(core, apply, object('v1', 'Namespace', namespace, { metadata: { name: namespace, labels: { x: 'y' } } }), 'a');

  const maps = `${core}/configmaps`;
  post(maps, { metadata: { name: 'c1' }, data: { a: '1' }, binaryData: { b: 'AAE=' } });
  post(maps, { metadata: { name: 'c1' }, data: { a: '1' } });
  post(maps, { metadata: { name: 'c2' }, data: { 'a b': '1' } });
  post(maps, { metadata: { name: 'c2' }, data: { a: '1' }, binaryData: { a: 'AAE=' } });
  post(maps, { metadata: { name: 'c3' }, immutable: true, data: { a: '1' } });
  patch(`${maps}/c3`, merge, { data: { a: '2' } });
  patch(`${maps}/c3`, merge, { immutable: false });
  patch(`${maps}/c3`, merge, { metadata: { labels: { a: 'b' } } });
  patch(`${maps}/c1`, strategic, { data: { a: null, z: '1' }, metadata: { finalizers: ['a.b/c'] } });
  patch(`${maps}/c1`, strategic, { metadata: { finalizers: ['a.b/d'] } });
  patch(`${maps}/c1`, strategic, { metadata: { '$deleteFromPrimitiveList/finalizers': ['a.b/d', 'a.b/c'] } });
  patch(`${maps}/c1`, apply, object('v1', 'ConfigMap', 'c1', { data: { q: '1' } }), 'ap');
  patch(`${maps}/c1`, apply, object('v1', 'ConfigMap', 'c1', { data: { q: 1 } }), 'ap');
  patch(`${maps}/c1`, apply, object('v1', 'ConfigMap', 'c1', { other: {} }), 'ap');
  get(`${maps}/c1`, table);
  get(`${maps}?fieldSelector=metadata.name=c1`, 'application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io');
  get(`${maps}?fieldSelector=foo=c1`);
  remove(`${maps}/c1`);

  const secrets = `${core}/secrets`;
  post(secrets, { metadata: { name: 's1' }, stringData: { a: 'hello', b: 'x' }, data: { b: 'eQ==' } });
  post(secrets, { metadata: { name: 's2' }, type: 'kubernetes.io/tls', data: {} });
  post(secrets, { metadata: { name: 's2' }, data: { a: '***' } });
  patch(`${secrets}/s1`, merge, { type: 'x' });
  patch(`${secrets}/s1`, apply, object('v1', 'Secret', 's1', { stringData: { c: 'new' } }), 'ap');
  get(`${secrets}/s1`, table);

  const leases = `${inGroup('coordination.k8s.io')}/leases`;
  post(leases, {
    metadata: { name: 'l1' },
    spec: {
      holderIdentity: 'x',
      leaseDurationSeconds: 15,
      acquireTime: '2026-01-01T00:00:00.000000Z',
      renewTime: '2026-01-01T00:00:00.000000Z',
      leaseTransitions: 1,
    },
  });
  post(leases, { metadata: { name: 'l2' }, spec: { leaseDurationSeconds: 0, leaseTransitions: -1 } });
  post(leases, { metadata: { name: 'l2' }, spec: { renewTime: '2026-01-01T00:00:00Z' } });
  out.push({ method: 'PUT', path: `${leases}/l3`, type: json, body: { metadata: { name: 'l3' }, spec: {} } });
  out.push({ method: 'PUT', path: `${leases}/l3`, type: json, body: { metadata: { name: 'l3' }, spec: { holderIdentity: 'x' } } });
  patch(`${leases}/l1`, strategic, { spec: { holderIdentity: 'y' } });
  patch(`${leases}/l4`, apply, object('coordination.k8s.io/v1', 'Lease', 'l4', { spec: { holderIdentity: 'y' } }));
  get(`${leases}/l1`, table);

  const services = `${core}/services`;
  post(services, { metadata: { name: 'v1' }, spec: { ports: [{ port: 80 }], selector: { a: 'b' } } });
  post(services, { metadata: { name: 'v2' }, spec: { clusterIP: 'None', selector: { a: 'b' } } });
  for (const spec of [
    {},
    { ports: [{ port: 80 }, { port: 81 }] },
    {
      ports: [
        { port: 80, name: 'a' },
        { port: 80, name: 'b' },
      ],
    },
    { ports: [{ port: 0 }] },
    { type: 'Foo', ports: [{ port: 80 }] },
  ])
    post(services, { metadata: { name: 'v3' }, spec });
  post(services, { metadata: { name: 'V3' }, spec: { ports: [{ port: 80 }] } });
  post(services, { metadata: { name: 'v4' }, spec: { type: 'ExternalName', externalName: 'x.y' } });
  post(services, { metadata: { name: 'v6' }, spec: { type: 'NodePort', ports: [{ port: 80, nodePort: 30_999 }] } });
  post(services, { metadata: { name: 'v7' }, spec: { type: 'LoadBalancer', ports: [{ port: 80, nodePort: 30_998 }] } });
  patch(`${services}/v1`, strategic, {
    spec: {
      ports: [
        { port: 81, name: 'x' },
        { port: 80, name: 'y' },
      ],
    },
  });
  patch(`${services}/v1`, strategic, { spec: { ports: [{ port: 80, $patch: 'delete' }] } });
  patch(`${services}/v1`, merge, { spec: { clusterIP: '10.0.0.77' } });
  patch(`${services}/v8`, apply, object('v1', 'Service', 'v8', { spec: { ports: [{ port: 80, name: 'h' }], selector: { a: 'b' } } }));
  patch(
    `${services}/v8`,
    apply,
    object('v1', 'Service', 'v8', {
      spec: {
        ports: [
          { port: 80, name: 'h' },
          { port: 82, name: 'i' },
        ],
        selector: { a: 'c' },
      },
    }),
  );
  patch(`${services}/v8`, apply, object('v1', 'Service', 'v8', { spec: { ports: [{ port: 80, name: 'z' }] } }), 'o');
  get(`${services}/v2`, table);
  remove(`${services}/v2`);

  const slices = `${inGroup('discovery.k8s.io')}/endpointslices`;
  post(slices, {
    metadata: { name: 'e1', labels: { 'kubernetes.io/service-name': 'v1' } },
    addressType: 'IPv4',
    endpoints: [
      { addresses: ['10.1.2.3'] },
      { addresses: ['10.1.2.4'], conditions: { ready: true }, zone: 'z', hints: { forZones: [{ name: 'z' }] } },
    ],
    ports: [{ port: 80 }],
  });
  post(slices, { metadata: { name: 'e2' }, endpoints: [] });
  post(slices, { metadata: { name: 'e2' }, addressType: 'X', endpoints: [] });
  post(slices, { metadata: { name: 'e2' }, addressType: 'IPv4', endpoints: [{ addresses: ['nope'] }, { addresses: [] }], ports: [{}, {}] });
  post(slices, { metadata: { name: 'e2' }, addressType: 'IPv4', endpoints: [{ addresses: ['127.0.0.1'] }] });
  post(slices, { metadata: { name: 'e3' }, addressType: 'IPv4', endpoints: null });
  patch(`${slices}/e3`, merge, { addressType: 'IPv6' });
  patch(
    `${slices}/e4`,
    apply,
    object('discovery.k8s.io/v1', 'EndpointSlice', 'e4', {
      addressType: 'IPv4',
      endpoints: [{ addresses: ['10.1.2.3'], conditions: { ready: true } }],
      ports: [{ name: 'http', port: 80 }],
    }),
  );
  get(`${slices}/e1`, table);

  const events = `${core}/events`;
  const involvedObject = { kind: 'Pod', name: 'p', namespace };
  post(events, {
    metadata: { name: 'ev1' },
    involvedObject,
    reason: 'R',
    message: 'M',
    type: 'Normal',
    count: 1,
    source: { component: 'c' },
    firstTimestamp: '2026-01-01T00:00:00Z',
    lastTimestamp: '2026-01-01T00:00:00Z',
  });
  post(events, { metadata: { name: 'ev2' }, involvedObject: { ...involvedObject, namespace: 'other' } });
  post(`${inGroup('events.k8s.io')}/events`, {
    metadata: { name: 'ev3' },
    eventTime: '2026-01-01T00:00:00.000000Z',
    reportingController: 'c',
    reportingInstance: 'i',
    action: 'A',
    reason: 'R',
    regarding: involvedObject,
    note: 'N',
    type: 'Warning',
  });
  get(`${inGroup('events.k8s.io')}/events/ev1`);
  get(`${events}/ev3`);
  get(`${events}?fieldSelector=involvedObject.name=p,reason=R`);
  get(`${events}?fieldSelector=regarding.name=p`);

  const pods = `${core}/pods`;
  post(pods, {
    metadata: { name: 'p1' },
    spec: { containers: [{ name: 'c', image: 'x:1', ports: [{ containerPort: 80 }], env: [{ name: 'A', value: 'b' }] }] },
  });
  post(pods, { metadata: { name: 'p2' }, spec: { containers: [] } });
  post(pods, { metadata: { name: 'p2' }, spec: { containers: [{ name: 'c' }] } });
  patch(`${pods}/p3`, apply, object('v1', 'Pod', 'p3', { spec: { containers: [{ name: 'c', image: 'x' }] } }));
  get(`${pods}/p1`, table);
  remove(`${pods}/p1`);

  post(`${core}/serviceaccounts`, { metadata: { name: 'sa1' } });
  const rbac = inGroup('rbac.authorization.k8s.io');
  post(`${rbac}/roles`, { metadata: { name: 'r1' }, rules: [{ apiGroups: [''], resources: ['pods'], verbs: ['get'] }] });
  post(`${rbac}/rolebindings`, {
    metadata: { name: 'r1' },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: 'r1' },
    subjects: [{ kind: 'ServiceAccount', name: 'sa1', namespace }],
  });
  post(`${inGroup('apps')}/deployments`, {
    metadata: { name: 'd1' },
    spec: {
      selector: { matchLabels: { a: 'b' } },
      template: { metadata: { labels: { a: 'b' } }, spec: { containers: [{ name: 'c', image: 'x' }] } },
    },
  });
  post(`${core}/endpoints`, { metadata: { name: 'ep1' }, subsets: [{ addresses: [{ ip: '10.2.3.4' }], ports: [{ port: 80 }] }] });
  remove(core);
  return out;
}

/**
 * The answer's text with what differs from server to server made equal: identities, versions, the clock, ages, allocated
 * addresses, the words of column descriptions. The order of names stays, since clients see it.
 */
export function comparableText(text: string): string {
  const plain = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(plain);
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(
      Object.entries(value).map(([name, inner]) => [name, name === 'description' && typeof inner === 'string' ? '' : plain(inner)]),
    );
  };
  let shown = text;
  try {
    shown = JSON.stringify(plain(JSON.parse(text)));
  } catch {
    // Not JSON: compared as it is.
  }
  return shown
    .replace(/"(uid|resourceVersion|creationTimestamp|deletionTimestamp|time)":"[^"]*"/g, '"$1":""')
    .replace(/10\.(?:0|96)\.\d+\.\d+/g, 'ADDRESS')
    .replace(/"\d+(?:ms|s|m)"/g, '"AGE"');
}
