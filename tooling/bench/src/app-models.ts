/** The objects of the benchmarks: AppModels of some 1.05 KB on the wire with ten models each, in fifty namespaces. */
export const NAMESPACES = 50;
export const SELECTOR = 'iidp=iidp';

export interface BenchAppModel {
  readonly metadata: { readonly name: string; readonly namespace: string };
  readonly spec: {
    readonly app: string;
    readonly version: string;
    readonly models: readonly { readonly name: string; readonly version: string }[];
  };
}

const pad = (i: number): string => String(i).padStart(6, '0');

export function nameOf(i: number): string {
  return `app-${pad(i)}`;
}

export function namespaceOf(i: number): string {
  return `bench-${String(i % NAMESPACES).padStart(2, '0')}`;
}

/** As it lies in etcd: without a resourceVersion. */
export function appModel(i: number): Record<string, unknown> {
  const managed = {
    apiVersion: 'iidp.com/v1',
    fieldsType: 'FieldsV1',
    fieldsV1: { 'f:metadata': { 'f:labels': { 'f:iidp': {} } }, 'f:spec': { 'f:app': {}, 'f:models': {}, 'f:version': {} } },
    manager: 'appmodels-manager',
    operation: 'Apply',
    time: '2026-01-02T03:04:05Z',
  };
  return {
    apiVersion: 'iidp.com/v1',
    kind: 'AppModel',
    metadata: {
      annotations: { 'iidp.com/owner': 'platform-team' },
      creationTimestamp: '2026-01-02T03:04:05Z',
      generation: 1,
      labels: { iidp: 'iidp' },
      managedFields: [managed],
      name: nameOf(i),
      namespace: namespaceOf(i),
      uid: `0f8fad5b-d9cb-469f-a165-${String(i).padStart(12, '0')}`,
    },
    spec: {
      app: `app${pad(i)}`,
      models: Array.from({ length: 10 }, (_, m) => ({ name: `app${pad(i)}_model_${m}`, version: `v-${(i % 7) + 1}` })),
      version: 'v-1',
    },
  };
}
