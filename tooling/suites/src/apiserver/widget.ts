import { setTimeout as sleep } from 'node:timers/promises';
import type { Api } from './target.ts';

const listMap = {
  type: 'array',
  'x-kubernetes-list-type': 'map',
  'x-kubernetes-list-map-keys': ['name', 'proto'],
  items: {
    type: 'object',
    required: ['name'],
    properties: { name: { type: 'string' }, proto: { type: 'string', default: 'TCP' }, value: { type: 'integer' } },
  },
};

/** A CRD with every way in which values merge. */
export const widgetCrd = {
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: 'widgets.t.example' },
  spec: {
    group: 't.example',
    scope: 'Namespaced',
    names: { plural: 'widgets', kind: 'Widget', shortNames: ['wd'] },
    versions: [
      {
        name: 'v1',
        served: true,
        storage: true,
        subresources: { status: {} },
        additionalPrinterColumns: [
          { name: 'Color', type: 'string', jsonPath: '.spec.color' },
          { name: 'N', type: 'integer', jsonPath: '.spec.n' },
          { name: 'First', type: 'string', jsonPath: '.spec.items[?(@.name=="a")].proto' },
          { name: 'Free', type: 'string', jsonPath: '.spec.free', priority: 1 },
        ],
        schema: {
          openAPIV3Schema: {
            type: 'object',
            properties: {
              spec: {
                type: 'object',
                properties: {
                  color: { type: 'string' },
                  n: { type: 'integer' },
                  opt: { type: 'string' },
                  plain: { type: 'array', items: { type: 'string' } },
                  tags: { type: 'array', 'x-kubernetes-list-type': 'set', items: { type: 'string' } },
                  map: { type: 'object', additionalProperties: { type: 'string' } },
                  whole: {
                    type: 'object',
                    'x-kubernetes-map-type': 'atomic',
                    properties: { x: { type: 'integer' }, y: { type: 'integer' } },
                  },
                  items: listMap,
                  free: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
                  port: { 'x-kubernetes-int-or-string': true },
                  inner: { type: 'object', properties: { a: { type: 'string' }, d: { type: 'string', default: 'dd' } } },
                },
              },
              status: { type: 'object', properties: { phase: { type: 'string' }, n: { type: 'integer' } } },
            },
          },
        },
      },
    ],
  },
} as const;

export const widgets = '/apis/t.example/v1/namespaces/default/widgets';

export function widget(name: string, spec: unknown, more: Record<string, unknown> = {}): Record<string, unknown> {
  return { apiVersion: 't.example/v1', kind: 'Widget', metadata: { name, ...more }, ...(spec === undefined ? {} : { spec }) };
}

/** A CRD as far as it says where its instances are. */
interface ServedCrd {
  readonly spec: { readonly group: string; readonly names: { readonly plural: string } };
}

/** Creates the CRD of widgets, and waits as `serveKind` does. */
export function serveWidgets(api: Api): Promise<void> {
  return serveKind(api, widgetCrd);
}

/** Creates the CRD and waits until instances can be listed; the server says 429 for a moment. */
export async function serveKind(api: Api, crd: ServedCrd): Promise<void> {
  await api.post('/apis/apiextensions.k8s.io/v1/customresourcedefinitions', crd);
  const { group, names } = crd.spec;
  for (const end = performance.now() + 20_000; performance.now() < end; await sleep(50)) {
    const list = await api.get(`/apis/${group}/v1/${names.plural}`);
    const documented = await api.get(`/openapi/v3/apis/${group}/v1`);
    if (list.code === 200 && documented.code === 200) return;
  }
  throw new Error(`${names.plural} were not served within 20 s`);
}
