import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { samples, type Each } from './kubectl.ts';

const applied = 'kubectl.kubernetes.io/last-applied-configuration';
const iiot = join(samples, 'iiot.yaml');
const newsdkapp = join(samples, 'newsdkapp.yaml');
const model = ['am', 'iiot', '-n', 'meta-test'] as const;

const service = `apiVersion: v1
kind: Service
metadata: {name: iiot, namespace: meta-test}
spec: {selector: {app: iiot}, ports: [{name: http, port: 80}, {name: admin, port: 81}]}
`;

/** What kubectl writes: apply in its two forms, patches, edits, creators, deletions. They build on each other, in this order. */
export function kubectlWrites(each: Each): void {
  each('apply creates, leaves alone what did not change, and patches what did, remembering what it applied [K3]', async (shell) => {
    // A cache of its own: the index of OpenAPI has its time in whole seconds, and one kept from before the kind may pass for today's.
    const created = await shell.requests(['apply', '-f', iiot, '--cache-dir', join(shell.server.folder, 'apply')]);
    expect(created.slice(-3)).toEqual([
      'GET /apis/iidp.com/v1/namespaces/meta-test/appmodels/iiot 404',
      'GET /api/v1/namespaces/meta-test 200',
      'POST /apis/iidp.com/v1/namespaces/meta-test/appmodels?fieldManager=kubectl-client-side-apply&fieldValidation=Strict 201',
    ]);
    expect(created.some((one) => /^GET \/openapi\/v3\/apis\/iidp\.com\/v1\?hash=\w+&timeout=32s 200$/.test(one))).toBe(true);
    expect(await shell.ok(['apply', '-f', iiot])).toContain('unchanged');
    const changed = readFileSync(iiot, 'utf8').replace(
      'name: iiot_data_query\n      version: "1"',
      'name: iiot_data_query\n      version: "2"',
    );
    const configured = await shell.requests(['apply', '-f', '-'], { input: changed });
    expect(configured.at(-1)).toBe(
      'PATCH /apis/iidp.com/v1/namespaces/meta-test/appmodels/iiot?fieldManager=kubectl-client-side-apply&fieldValidation=Strict 200',
    );
    const object = JSON.parse(await shell.ok(['get', ...model, '-o', 'json'])) as {
      metadata: { annotations: Record<string, string> };
      spec: { models: { name: string; version: string }[] };
    };
    expect(object.spec.models.find((one) => one.name === 'iiot_data_query')?.version).toBe('2');
    expect(object.metadata.annotations[applied]).toContain('"name":"iiot_data_query","version":"2"');
    expect(await shell.managers(...model)).toEqual(['kubectl-client-side-apply Update']);
    expect(await shell.ok(['apply', '-f', iiot])).toContain('configured');
  });

  each('apply of a built-in kind is a strategic merge, which takes away what is no longer applied [K3]', async (shell) => {
    expect(await shell.ok(['apply', '-f', '-'], { input: service })).toContain('service/iiot created');
    const fewer = service.replace(', {name: admin, port: 81}', '');
    expect(await shell.ok(['apply', '-f', '-'], { input: fewer })).toContain('configured');
    expect(await shell.ok(['get', 'svc', 'iiot', '-n', 'meta-test', '-o', 'jsonpath={.spec.ports[*].name}'])).toBe('http');
    expect(await shell.ok(['apply', '-f', '-'], { input: fewer })).toContain('unchanged');
  });

  each('what does not fit the schema is refused, and nothing stored changes [K3]', async (shell) => {
    expect(await shell.refused(['apply', '-f', join(samples, 'base-invalid.yaml')])).toMatch(/spec\.type|unknown field/);
    expect(await shell.refused(['get', 'am', 'base', '-n', 'meta-test'])).toContain('appmodels.iidp.com "base" not found');
    const unknown = service.replace('spec: {', 'spec: {colour: red, ');
    expect(await shell.refused(['apply', '-f', '-'], { input: unknown })).toContain('unknown field "spec.colour"');
  });

  each('without validation nothing is asked of OpenAPI, and unknown fields are passed over [K4]', async (shell) => {
    const map = 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: loose, namespace: meta-test}\ncolour: red\n';
    const asked = await shell.requests(['apply', '--validate=false', '-f', '-'], { input: map });
    expect(asked.filter((one) => one.includes('/openapi/'))).toEqual([]);
    expect(asked.at(-1)).toBe(
      'POST /api/v1/namespaces/meta-test/configmaps?fieldManager=kubectl-client-side-apply&fieldValidation=Ignore 201',
    );
    expect(await shell.ok(['get', 'cm', 'loose', '-n', 'meta-test', '-o', 'jsonpath={.colour}'])).toBe('');
  });

  each('server-side apply creates, owns its fields, and reports a conflict with the other manager [K5]', async (shell) => {
    const asked = await shell.requests(['apply', '--server-side', '-f', newsdkapp]);
    expect(asked.at(-1)).toBe(
      'PATCH /apis/iidp.com/v1/namespaces/meta-test/appmodels/newsdkapp?fieldManager=kubectl&fieldValidation=Strict&force=false 201',
    );
    expect(await shell.ok(['apply', '--server-side', '-f', newsdkapp])).toContain('serverside-applied');
    const other = shell.file(readFileSync(newsdkapp, 'utf8').replace('version: v1', 'version: v2'));
    const conflict = await shell.refused(['apply', '--server-side', '--field-manager=other', '-f', other]);
    expect(conflict).toMatch(/conflict with "kubectl".*\.spec\.version/s);
    expect(await shell.ok(['apply', '--server-side', '--force-conflicts', '--field-manager=other', '-f', other])).toContain(
      'serverside-applied',
    );
    expect(await shell.ok(['get', 'am', 'newsdkapp', '-n', 'meta-test', '-o', 'jsonpath={.spec.version}'])).toBe('v2');
    expect(await shell.managers('am', 'newsdkapp', '-n', 'meta-test')).toEqual(['kubectl Apply', 'other Apply']);
  });

  each('server-side apply takes over what was applied by the client, and its memory of that [K5]', async (shell) => {
    const asked = await shell.requests(['apply', '--server-side', '-f', iiot]);
    const patches = asked
      .filter((one) => one.startsWith('PATCH'))
      .map((one) => one.replace('/apis/iidp.com/v1/namespaces/meta-test/appmodels', ''));
    expect(patches).toEqual([
      'PATCH /iiot?fieldManager=kubectl&fieldValidation=Strict&force=false 200',
      'PATCH /iiot?fieldManager=kubectl-last-applied&fieldValidation=Strict 200',
      'PATCH /iiot?fieldManager=kubectl&fieldValidation=Strict 200',
      'PATCH /iiot?fieldManager=kubectl&fieldValidation=Strict&force=false 200',
    ]);
    expect(await shell.managers(...model)).toEqual(['kubectl Apply', 'kubectl-last-applied Apply']);
  });

  each('diff asks by a dry run, shows the change and stores none [K6]', async (shell) => {
    const changed = readFileSync(iiot, 'utf8').replace(
      'name: iiot_data_query\n      version: "1"',
      'name: iiot_data_query\n      version: "5"',
    );
    const diff = await shell.run(['diff', '-f', '-'], { input: changed });
    expect(diff.status, diff.stderr).toBe(1);
    expect(diff.stdout).toMatch(/\+\s+version: "5"/);
    const dry = await shell.ok(['apply', '--dry-run=server', '-f', '-'], { input: changed });
    expect(dry).toContain('server dry run');
    expect(await shell.ok(['get', ...model, '-o', 'jsonpath={.spec.models[2].version}'])).toBe('1');
    expect((await shell.run(['diff', '-f', iiot])).status).toBe(0);
  });

  each('patch, label, annotate, edit and replace change what they name, each under its own manager [K6]', async (shell) => {
    const maps = '/api/v1/namespaces/meta-test/configmaps';
    const map = ['cm', 'mine', '-n', 'meta-test'] as const;
    const file = shell.file('apiVersion: v1\nkind: ConfigMap\nmetadata: {name: mine, namespace: meta-test}\ndata: {a: b}\n');
    expect((await shell.requests(['create', '-f', file])).at(-1)).toBe(
      `POST ${maps}?fieldManager=kubectl-create&fieldValidation=Strict 201`,
    );
    expect(await shell.refused(['create', '-f', file])).toContain('configmaps "mine" already exists');
    expect((await shell.requests(['patch', ...map, '-p', '{"data":{"c":"d"}}'])).slice(-2)).toEqual([
      `GET ${maps}/mine 200`,
      `PATCH ${maps}/mine?fieldManager=kubectl-patch 200`,
    ]);
    await shell.ok(['patch', ...map, '--type=merge', '-p', '{"data":{"e":"f"}}']);
    await shell.ok(['patch', ...map, '--type=json', '-p', '[{"op":"replace","path":"/data/a","value":"z"}]']);
    expect(await shell.ok(['patch', ...map, '-p', '{"data":{"c":"d"}}'])).toContain('patched (no change)');
    expect((await shell.requests(['label', ...map, 'tier=gold'])).at(-1)).toBe(`PATCH ${maps}/mine?fieldManager=kubectl-label 200`);
    expect(await shell.refused(['label', ...map, 'tier=silver'])).toContain('already has a value (gold), and --overwrite is false');
    await shell.ok(['annotate', ...map, 'note=a b']);
    const editor = shell.file('#!/bin/sh\nsed -i "s/^  c: d$/  c: edited/" "$1"\n', 'editor.sh', 0o700);
    await shell.ok(['edit', ...map], { env: { EDITOR: editor, KUBE_EDITOR: editor } });
    const json = await shell.ok(['get', ...map, '-o', 'json']);
    expect((JSON.parse(json) as { data: unknown }).data).toEqual({ a: 'z', c: 'edited', e: 'f' });
    expect((await shell.requests(['replace', '-f', '-'], { input: json.replace('"f"', '"replaced"') })).at(-1)).toBe(
      `PUT ${maps}/mine?fieldManager=kubectl-replace&fieldValidation=Strict 200`,
    );
    expect(await shell.ok(['get', ...map, '-o', 'jsonpath={.data.e} {.metadata.labels.tier} {.metadata.annotations.note}'])).toBe(
      'replaced gold a b',
    );
    expect(await shell.managers(...map)).toEqual(
      ['annotate', 'create', 'edit', 'label', 'patch', 'replace'].map((verb) => `kubectl-${verb} Update`),
    );
  });

  each('edit of a custom resource stores what the editor wrote [K6]', async (shell) => {
    const editor = shell.file('#!/bin/sh\nsed -i \'s/^  version: "1"$/  version: "7"/\' "$1"\n', 'editor.sh', 0o700);
    await shell.ok(['edit', ...model], { env: { EDITOR: editor, KUBE_EDITOR: editor } });
    expect(await shell.ok(['get', ...model, '-o', 'jsonpath={.spec.version}'])).toBe('7');
  });

  each('the typed creators, whose bodies are protobuf, create what they say [K10]', async (shell) => {
    const n = ['-n', 'typed'] as const;
    expect(await shell.ok(['create', 'namespace', 'typed'])).toBe('namespace/typed created\n');
    for (const [created, ...args] of [
      ['configmap/c', 'configmap', 'c', '--from-literal=a=b'],
      ['secret/s', 'secret', 'generic', 's', '--from-literal=a=b'],
      ['secret/d', 'secret', 'docker-registry', 'd', '--docker-username=u', '--docker-password=p'],
      ['serviceaccount/a', 'serviceaccount', 'a'],
      ['deployment.apps/d', 'deployment', 'd', '--image=nginx:1', '--replicas=2', '--port=80'],
      ['role.rbac.authorization.k8s.io/r', 'role', 'r', '--verb=get,list', '--resource=pods,deployments.apps'],
      ['rolebinding.rbac.authorization.k8s.io/b', 'rolebinding', 'b', '--role=r', '--serviceaccount=typed:a', '--user=u'],
      ['service/clusterip', 'service', 'clusterip', 'clusterip', '--tcp=80:8080'],
      ['service/nodeport', 'service', 'nodeport', 'nodeport', '--tcp=80'],
      ['service/external', 'service', 'externalname', 'external', '--external-name=a.example'],
    ] as const)
      expect(await shell.ok(['create', ...args, ...n])).toBe(`${created} created\n`);
    expect(await shell.ok(['create', 'clusterrole', 'typed', '--verb=get', '--resource=namespaces'])).toContain(
      'clusterrole.rbac.authorization.k8s.io/typed created',
    );
    expect(await shell.ok(['create', 'clusterrolebinding', 'typed', '--clusterrole=typed', '--group=g'])).toContain('typed created');
    const value = async (object: string, path: string): Promise<string> => shell.ok(['get', object, ...n, '-o', `jsonpath=${path}`]);
    expect(await value('cm/c', '{.data.a}')).toBe('b');
    expect(await value('secret/s', '{.type} {.data.a}')).toBe('Opaque Yg==');
    expect(await value('secret/d', '{.type}')).toBe('kubernetes.io/dockerconfigjson');
    expect(
      await value(
        'deploy/d',
        '{.spec.replicas} {.spec.template.spec.containers[0].image} {.spec.template.spec.containers[0].ports[0].containerPort}',
      ),
    ).toBe('2 nginx:1 80');
    expect(await value('role/r', '{.rules[*].resources}')).toBe('["pods"] ["deployments"]');
    expect(await value('rolebinding/b', '{.roleRef.name} {.subjects[*].name}')).toBe('r u a');
    expect(await value('svc/clusterip', '{.spec.ports[0].targetPort}')).toBe('8080');
    expect(await value('svc/external', '{.spec.externalName}')).toBe('a.example');
    expect(await shell.managers('cm', 'c', ...n)).toEqual(['kubectl-create Update']);
    expect(await shell.refused(['create', 'configmap', 'c', ...n])).toContain('configmaps "c" already exists');
  });

  each('run, expose and scale make and change what they name [K9, K10]', async (shell) => {
    const n = ['-n', 'typed'] as const;
    expect(await shell.ok(['run', 'p', '--image=nginx:1', ...n])).toBe('pod/p created\n');
    expect(await shell.ok(['expose', 'deployment', 'd', '--port=80', '--name=exposed', ...n])).toBe('service/exposed exposed\n');
    const asked = await shell.requests(['scale', 'deployment', 'd', '--replicas=3', ...n]);
    expect(asked.slice(-2)).toEqual([
      'GET /apis/apps/v1/namespaces/typed/deployments/d 200',
      'PATCH /apis/apps/v1/namespaces/typed/deployments/d/scale 200',
    ]);
    expect(await shell.ok(['get', 'deploy', 'd', ...n, '-o', 'jsonpath={.spec.replicas}'])).toBe('3');
    expect(await shell.refused(['scale', 'deployment', 'd', '--replicas=4', '--current-replicas=9', ...n])).toContain(
      'Expected replicas to be 9, was 3',
    );
    expect(await shell.ok(['set', 'image', 'deployment/d', 'nginx=nginx:2', ...n])).toContain('image updated');
    expect(await shell.ok(['get', 'deploy', 'd', ...n, '-o', 'jsonpath={.spec.template.spec.containers[0].image}'])).toBe('nginx:2');
  });
}
