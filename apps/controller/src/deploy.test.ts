import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { appModel, toManifest } from '@kubecast/crd';
import { expect, test } from 'vitest';
import { parseAllDocuments } from 'yaml';

const folder = join(import.meta.dirname, '../../../deploy');

interface Document {
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string };
  readonly rules?: readonly {
    readonly apiGroups: readonly string[];
    readonly resources: readonly string[];
    readonly verbs: readonly string[];
  }[];
  readonly roleRef?: { readonly kind: string; readonly name: string };
  readonly subjects?: readonly { readonly name: string; readonly namespace: string }[];
  readonly spec?: { readonly template?: { readonly spec: PodSpec } };
}

interface PodSpec {
  readonly serviceAccountName: string;
  readonly securityContext: Record<string, unknown>;
  readonly containers: readonly {
    readonly securityContext: Record<string, unknown>;
    readonly livenessProbe?: object;
    readonly readinessProbe?: object;
    readonly args: readonly string[];
  }[];
}

const read = (file: string): Document[] =>
  parseAllDocuments(readFileSync(join(folder, file), 'utf8')).map((document) => document.toJS() as Document);
const all = ['namespace.yaml', 'controller.yaml', 'resolver.yaml', 'publisher.yaml'].flatMap((file) => read(file));

test('the CRD to apply is the one that the controller installs', () => {
  expect(read('crd.yaml')).toEqual([toManifest(appModel)]);
});

test('no role has a wildcard, a secret, or more verbs than the apps use', () => {
  const granted = all.flatMap(({ metadata, rules = [] }) =>
    rules.map((rule) => `${metadata.name}: ${rule.apiGroups.join()}/${rule.resources.join()} ${rule.verbs.join()}`),
  );
  expect(granted).toEqual([
    'kubecast-controller: apiextensions.k8s.io/customresourcedefinitions create',
    'kubecast-controller: apiextensions.k8s.io/customresourcedefinitions get',
    'kubecast-controller: iidp.com/appmodels get,list,watch,patch',
    'kubecast-controller: events.k8s.io/events create,patch',
    'kubecast-controller-lease: coordination.k8s.io/leases create',
    'kubecast-controller-lease: coordination.k8s.io/leases get,update',
    'kubecast-resolver: iidp.com/appmodels list,watch',
    'kubecast-resolver: /services,endpoints list,watch',
    'kubecast-resolver: discovery.k8s.io/endpointslices list,watch',
    'kubecast-publisher: iidp.com/appmodels get,create,patch',
  ]);
});

test('every binding binds a role and an account that are there', () => {
  const roles = new Set(all.filter(({ kind }) => kind.endsWith('Role')).map(({ kind, metadata }) => `${kind} ${metadata.name}`));
  const accounts = new Set(
    all.filter(({ kind }) => kind === 'ServiceAccount').map(({ metadata }) => `${metadata.namespace}/${metadata.name}`),
  );
  const bindings = all.filter(({ kind }) => kind.endsWith('RoleBinding'));
  expect(bindings).toHaveLength(3);
  for (const { roleRef, subjects = [] } of bindings) {
    expect(roles).toContain(`${roleRef?.kind} ${roleRef?.name}`);
    for (const { namespace, name } of subjects) expect(accounts).toContain(`${namespace}/${name}`);
  }
});

test('every workload runs without privileges on a read-only file system, under its own account, with probes', () => {
  const pods = all.flatMap((document) => document.spec?.template?.spec ?? []);
  expect(pods.map(({ serviceAccountName }) => serviceAccountName)).toEqual(['kubecast-controller', 'kubecast-resolver']);
  for (const { securityContext, containers } of pods) {
    expect(securityContext).toMatchObject({ runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } });
    for (const container of containers) {
      expect(container.securityContext).toEqual({
        allowPrivilegeEscalation: false,
        readOnlyRootFilesystem: true,
        capabilities: { drop: ['ALL'] },
      });
      expect(container.livenessProbe).toBeDefined();
      expect(container.readinessProbe).toBeDefined();
    }
  }
});
