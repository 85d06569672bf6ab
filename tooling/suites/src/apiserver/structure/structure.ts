import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { RunningTarget } from '../embedded-target.ts';
import { gadgetCrd, modelCrd } from '../observed/kinds.ts';
import { Api, type Json } from '../target.ts';
import { serveKind } from '../widget.ts';
import { compactPaths, compactStructure, type Structure } from './compact-structure.ts';

/** The documents of the groups, and the kinds of them that the embedded server has. */
const served: Readonly<Record<string, readonly string[]>> = {
  'api/v1': ['ConfigMap', 'Endpoints', 'Event', 'Namespace', 'Pod', 'Secret', 'Service', 'ServiceAccount'].flatMap((kind) => [
    kind,
    `${kind}List`,
  ]),
  'apis/apps/v1': ['Deployment', 'DeploymentList', 'Scale'],
  'apis/rbac.authorization.k8s.io/v1': ['ClusterRole', 'ClusterRoleBinding', 'Role', 'RoleBinding'].flatMap((kind) => [
    kind,
    `${kind}List`,
  ]),
  'apis/apiextensions.k8s.io/v1': ['CustomResourceDefinition', 'CustomResourceDefinitionList'],
  'apis/coordination.k8s.io/v1': ['Lease', 'LeaseList'],
  'apis/discovery.k8s.io/v1': ['EndpointSlice', 'EndpointSliceList'],
  'apis/events.k8s.io/v1': ['Event', 'EventList'],
};

const recording = (process.env['KUBECAST_RECORD'] ?? '') !== '';
const file = join(import.meta.dirname, 'structure.json');

/**
 * The built-in kinds have the fields that are recorded: their names, types, required ones, allowed values, list types with their keys, and patch
 * strategies. Recorded from the real server's documents, which KUBECAST_RECORD=1 does anew.
 */
export function structure(on: 'embedded' | 'real', start: (() => Promise<RunningTarget>) | undefined): void {
  const write = recording && on === 'real';
  const recorded = (write ? {} : JSON.parse(readFileSync(file, 'utf8'))) as Record<string, Structure>;
  let target: RunningTarget;
  let api: Api;

  beforeAll(async () => {
    if (start === undefined) return;
    target = await start();
    api = new Api(target);
    await serveKind(api, modelCrd);
    await serveKind(api, gadgetCrd);
  }, 120_000);
  afterAll(async () => {
    api?.close();
    await target?.close();
  });

  for (const [path, kinds] of Object.entries(served))
    test(`${on}: ${path} tells the whole structure of its kinds`, { timeout: 30_000 }, async (context) => {
      if (start === undefined) return context.skip();
      const answer = await api.get(`/openapi/v3/${path}`);
      expect(answer.code).toBe(200);
      const found = compactStructure(answer.body, kinds);
      expect(Object.keys(found).length).toBeGreaterThan(kinds.length);
      if (write) recorded[path] = found;
      else expect(found).toEqual(recorded[path]);
    });
  for (const [path, kind] of [
    ['apis/iidp.com/v1', 'AppModel'],
    ['apis/v.example/v1', 'Gadget'],
  ] as const)
    test(`${on}: ${path} tells the paths, parameters and schemas of a custom kind [D11]`, { timeout: 30_000 }, async (context) => {
      if (start === undefined) return context.skip();
      const { body } = await api.get(`/openapi/v3/${path}`);
      const { paths, components, ...rest } = body as unknown as { paths: Json; components: Json };
      const found: Record<string, readonly string[]> = {
        document: [JSON.stringify(rest), ...Object.keys(components).sort(), ...Object.keys(components['schemas'] ?? {}).sort()],
        ...compactPaths({ paths }),
        ...compactStructure(body, [kind, `${kind}List`]),
      };
      if (write) recorded[path] = found;
      else expect(found).toEqual(recorded[path]);
    });
  if (write) afterAll(() => writeFileSync(file, `${JSON.stringify(recorded, undefined, 2)}\n`));
}
