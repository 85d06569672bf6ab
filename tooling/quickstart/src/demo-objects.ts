import type { Kube } from './world.ts';

/** Addresses that the EndpointSlices name: TEST-NET-1 (RFC 5737), since a slice may not hold loopback addresses. */
export const DEMO_ADDRESSES: readonly string[] = ['192.0.2.1', '192.0.2.2'];

async function ensure(kube: Kube, collection: string, object: Readonly<Record<string, unknown>>): Promise<void> {
  const { status, json } = await kube.request('POST', collection, { body: object });
  if (status !== 201 && status !== 409) throw new Error(`POST ${collection} was answered ${status}: ${String(json['message'])}`);
}

/** The namespace of the scenario. */
export function ensureNamespace(kube: Kube, namespace: string): Promise<void> {
  return ensure(kube, '/api/v1/namespaces', { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } });
}

/** The sample app's Service and its EndpointSlice with the two demo backends. */
export async function createDemoService(kube: Kube, namespace: string): Promise<void> {
  await ensure(kube, `/api/v1/namespaces/${namespace}/services`, {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: 'iiot', namespace },
    spec: { ports: [{ name: 'http', port: 80, protocol: 'TCP' }] },
  });
  await ensure(kube, `/apis/discovery.k8s.io/v1/namespaces/${namespace}/endpointslices`, {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: { name: 'iiot-1', namespace, labels: { 'kubernetes.io/service-name': 'iiot' } },
    addressType: 'IPv4',
    ports: [{ name: 'http', port: 80, protocol: 'TCP' }],
    endpoints: DEMO_ADDRESSES.map((address) => ({ addresses: [address], conditions: { ready: true } })),
  });
}
