import { chmodSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test as vitest } from 'vitest';
import { ApiServerProcess } from '../apiserver-process.ts';
import { hasKubectl, kubectl as run, type Kubectl } from './kubectl.ts';

// A real kubectl with its default validation. Where there is none the tests show as skipped; CI must have it.
if (!hasKubectl && process.env['CI']) throw new Error('CI needs kubectl on the PATH');
const test = vitest.skipIf(!hasKubectl);
const data = join(import.meta.dirname, '../../../../samples');
const server = new ApiServerProcess();

async function kubectl(...args: string[]): Promise<Kubectl> {
  return run(server, args);
}

/** Runs it and fails with what it printed unless it succeeded. */
async function ok(...args: string[]): Promise<string> {
  const { status, stdout, stderr } = await kubectl(...args);
  expect(status, `kubectl ${args.join(' ')}\n${stdout}${stderr}`).toBe(0);
  return stdout;
}

beforeAll(async () => {
  if (!hasKubectl) return;
  await server.start();
  await ok('apply', '-f', join(data, 'appmodel-crd.yaml'));
  await ok('wait', '--for=condition=Established', 'crd/appmodels.iidp.com', '--timeout=20s');
  await ok('apply', '-f', join(data, 'meta-test-namespace.yaml'));
});
afterAll(() => server.close());

test('the CRD and its short name are listed', async () => {
  expect(await ok('api-resources', '--api-group=iidp.com')).toMatch(/appmodels\s+am\s+iidp\.com\/v1\s+true\s+AppModel/);
  expect(await ok('get', 'crd', 'appmodels.iidp.com')).toMatch(/appmodels\.iidp\.com\s+\d{4}-/);
});

test('an AppModel is applied, listed, described and applied again without a change', async () => {
  expect(await ok('apply', '-f', join(data, 'iiot.yaml'))).toContain('appmodel.iidp.com/iiot created');
  expect(await ok('apply', '-f', join(data, 'iiot.yaml'))).toContain('unchanged');
  expect(await ok('get', 'appmodels', '-A')).toMatch(/NAMESPACE\s+NAME\s+AGE\s+meta-test\s+iiot\s+\d+s/);
  expect(await ok('get', 'am', '-n', 'meta-test', '-l', 'iidp=iidp', '-o', 'name')).toBe('appmodel.iidp.com/iiot\n');
  expect(await ok('describe', 'am', 'iiot', '-n', 'meta-test')).toMatch(/Name:\s+iiot_dataservice/);
});

test('explain knows the fields and their descriptions', async () => {
  expect(await ok('explain', 'appmodel.spec')).toContain('App name of the model');
  expect(await ok('explain', 'appmodel.spec.models')).toContain('version of model');
  expect(await ok('explain', 'service.spec.ports')).toMatch(/targetPort/);
});

test('what does not fit the schema is refused before it is sent, and nothing stored changes', async () => {
  const refused = await kubectl('apply', '-f', join(data, 'base-invalid.yaml'));
  expect(refused.status).not.toBe(0);
  expect(refused.stderr).toMatch(/spec\.type|unknown field/);
  expect((await kubectl('get', 'am', 'base', '-n', 'meta-test')).stderr).toContain('appmodels.iidp.com "base" not found');
});

test('server-side apply creates, owns its fields, and reports a conflict with the other manager', async () => {
  expect(await ok('apply', '--server-side', '-f', join(data, 'newsdkapp.yaml'))).toContain('serverside-applied');
  expect(await ok('apply', '--server-side', '-f', join(data, 'newsdkapp.yaml'))).toContain('serverside-applied');
  const changed = readFileSync(join(data, 'newsdkapp.yaml'), 'utf8').replace('version: v1', 'version: v2');
  const file = join(server.folder, 'changed.yaml');
  writeFileSync(file, changed);
  const conflict = await kubectl('apply', '--server-side', '--field-manager=other', '-f', file);
  expect(conflict.status).not.toBe(0);
  expect(conflict.stderr).toMatch(/conflict with "kubectl".*\.spec\.version/s);
  expect(await ok('apply', '--server-side', '--force-conflicts', '--field-manager=other', '-f', file)).toContain('serverside-applied');
  expect(await ok('get', 'am', 'newsdkapp', '-n', 'meta-test', '-o', 'jsonpath={.spec.version}')).toBe('v2');
});

test('a field that was edited is read back', async () => {
  const editor = join(server.folder, 'editor.sh');
  writeFileSync(editor, '#!/bin/sh\nsed -i \'s/^  version: "1"$/  version: "7"/\' "$1"\n');
  chmodSync(editor, 0o755);
  const edited = await run(server, ['edit', 'am', 'iiot', '-n', 'meta-test'], { env: { EDITOR: editor, KUBE_EDITOR: editor } });
  expect(edited.status, edited.stderr).toBe(0);
  expect(await ok('get', 'am', 'iiot', '-n', 'meta-test', '-o', 'jsonpath={.spec.version}')).toBe('7');
});

test('patch, label, annotate and replace change what they name', async () => {
  await ok('patch', 'am', 'iiot', '-n', 'meta-test', '--type=merge', '-p', '{"spec":{"version":"8"}}');
  await ok('patch', 'am', 'iiot', '-n', 'meta-test', '--type=json', '-p', '[{"op":"replace","path":"/spec/models/0/version","value":"9"}]');
  await ok('label', 'am', 'iiot', '-n', 'meta-test', 'tier=gold');
  await ok('annotate', 'am', 'iiot', '-n', 'meta-test', 'note=a b');
  expect(
    await ok(
      'get',
      'am',
      'iiot',
      '-n',
      'meta-test',
      '-o',
      'jsonpath={.spec.version} {.spec.models[0].version} {.metadata.labels.tier} {.metadata.annotations.note}',
    ),
  ).toBe('8 9 gold a b');
  const json = await ok('get', 'am', 'iiot', '-n', 'meta-test', '-o', 'json');
  const replaced = await run(server, ['replace', '-f', '-'], { input: json.replace('"version": "8"', '"version": "10"') });
  expect(replaced.stdout, replaced.stderr).toContain('replaced');
});

test('diff shows a change and dry run stores none', async () => {
  const changed = readFileSync(join(data, 'iiot.yaml'), 'utf8').replace(
    'name: iiot_data_query\n      version: "1"',
    'name: iiot_data_query\n      version: "5"',
  );
  const diff = await run(server, ['diff', '-f', '-'], { input: changed });
  expect(diff.status, diff.stderr).toBe(1);
  expect(diff.stdout).toMatch(/\+\s+version: "5"/);
  const dry = await run(server, ['apply', '--dry-run=server', '-f', '-'], { input: changed });
  expect(dry.stdout, dry.stderr).toContain('server dry run');
  expect(await ok('get', 'am', 'iiot', '-n', 'meta-test', '-o', 'jsonpath={.spec.models[2].version}')).toBe('1');
});

test('built-in kinds are applied, and printed with their columns', async () => {
  const service = 'apiVersion: v1\nkind: Service\nmetadata: {name: iiot, namespace: meta-test}\nspec: {ports: [{name: http, port: 80}]}\n';
  expect((await run(server, ['apply', '-f', '-'], { input: service })).stdout).toContain('service/iiot created');
  expect(await ok('get', 'svc', '-n', 'meta-test')).toMatch(
    /NAME\s+TYPE\s+CLUSTER-IP\s+EXTERNAL-IP\s+PORT\(S\)\s+AGE\s+iiot\s+ClusterIP\s+10\.\S+\s+<none>\s+80\/TCP/,
  );
  expect(await ok('get', 'ns')).toMatch(/meta-test\s+Active/);
});

test('wait sees a deletion, and delete ends it', async () => {
  const waiting = kubectl('wait', '--for=delete', 'am/iiot', '-n', 'meta-test', '--timeout=20s');
  expect(await ok('delete', 'am', 'iiot', '-n', 'meta-test')).toContain('"iiot" deleted');
  expect((await waiting).status).toBe(0);
  expect((await kubectl('get', 'am', 'iiot', '-n', 'meta-test')).stderr).toContain('not found');
  await ok('delete', 'am', '--all', '-n', 'meta-test');
  expect((await kubectl('get', 'am', '-A')).stderr).toContain('No resources found');
});

test('objects that were answered survive kill -9 of the server', async () => {
  await ok('apply', '-f', join(data, 'iiot.yaml'));
  const before = await ok('get', 'am', 'iiot', '-n', 'meta-test', '-o', 'json');
  await server.end('SIGKILL');
  await server.start();
  expect(await ok('get', 'am', 'iiot', '-n', 'meta-test', '-o', 'json')).toBe(before);
});
