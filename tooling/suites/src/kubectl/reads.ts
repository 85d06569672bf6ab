import { join } from 'node:path';
import { expect } from 'vitest';
import type { Each } from './kubectl.ts';

const event = (uid: string): string => `apiVersion: v1
kind: Event
metadata: {name: seen.1, namespace: meta-test}
involvedObject: {kind: AppModel, namespace: meta-test, name: newsdkapp, uid: ${uid}, apiVersion: iidp.com/v1}
reason: Loaded
message: three models
type: Normal
count: 3
firstTimestamp: "2026-01-02T03:04:05Z"
lastTimestamp: "2026-01-02T03:04:05Z"
source: {component: loader}
`;

/** What kubectl reads, waits for and deletes; on what the writing tests left behind. */
export function kubectlReads(each: Each): void {
  each('a cold start asks for discovery in one answer each, and keeps it on disk until a kind is unknown [K1]', async (shell) => {
    const cold = ['get', 'namespaces', '--cache-dir', join(shell.server.folder, 'cold')];
    expect(await shell.requests(cold)).toEqual([
      'GET /api?timeout=32s 200',
      'GET /apis?timeout=32s 200',
      'GET /api/v1/namespaces?limit=500 200',
    ]);
    expect(await shell.requests(cold)).toEqual(['GET /api/v1/namespaces?limit=500 200']);
    const unknown = await shell.run(['get', 'nothings', '-v=6', '--cache-dir', join(shell.server.folder, 'cold')]);
    expect(unknown.stderr).toContain('the server doesn\'t have a resource type "nothings"');
    expect(unknown.stderr).toMatch(/\/api\?timeout=32s/);
  });

  each('get prints tables, wide and with labels, and every other form [K2]', async (shell) => {
    const n = ['-n', 'meta-test'] as const;
    expect(await shell.ok(['get', 'appmodels', '-A'])).toMatch(/NAMESPACE\s+NAME\s+AGE\s+meta-test\s+iiot\s+\S+\s+meta-test\s+newsdkapp/);
    expect(await shell.ok(['get', 'am', '--show-labels', ...n])).toMatch(/NAME\s+AGE\s+LABELS\s+iiot\s+\S+\s+iidp=iidp/);
    expect(await shell.ok(['get', 'am', ...n, '-l', 'iidp=iidp', '-o', 'name'])).toContain('appmodel.iidp.com/iiot\n');
    expect(await shell.ok(['get', 'am', 'iiot', ...n, '-o', 'yaml'])).toMatch(/^apiVersion: iidp\.com\/v1\nkind: AppModel\nmetadata:\n/);
    expect(
      await shell.ok(['get', 'am', ...n, '-o', 'custom-columns=NAME:.metadata.name,V:.spec.version', '--sort-by=.metadata.name']),
    ).toMatch(/^NAME\s+V\niiot\s+7\nnewsdkapp\s+v2\n$/);
    expect(await shell.ok(['get', 'am', ...n, '--field-selector', 'metadata.name=iiot', '-o', 'name'])).toBe('appmodel.iidp.com/iiot\n');
    expect(await shell.ok(['get', 'svc', 'iiot', ...n])).toMatch(
      /NAME\s+TYPE\s+CLUSTER-IP\s+EXTERNAL-IP\s+PORT\(S\)\s+AGE\s+iiot\s+ClusterIP\s+10\.\S+\s+<none>\s+80\/TCP/,
    );
    expect(await shell.ok(['get', 'deploy', 'd', '-n', 'typed', '-o', 'wide'])).toMatch(
      /NAME\s+READY\s+UP-TO-DATE\s+AVAILABLE\s+AGE\s+CONTAINERS\s+IMAGES\s+SELECTOR\s+d\s+0\/3\s+0\s+0\s+\S+\s+nginx\s+nginx:2\s+app=d/,
    );
    expect(await shell.ok(['get', 'ns', 'meta-test'])).toMatch(/meta-test\s+Active/);
    expect(await shell.ok(['get', 'crd', 'appmodels.iidp.com'])).toMatch(/appmodels\.iidp\.com\s+\d{4}-/);
    const { stderr } = await shell.run(['get', 'pods', '-n', 'nowhere']);
    expect(stderr).toContain('No resources found in nowhere namespace.');
  });

  each('get with a chunk size goes on page by page [K2]', async (shell) => {
    const pages = await shell.requests(['get', 'namespaces', '--chunk-size=2']);
    expect(pages.length).toBeGreaterThan(2);
    expect(pages[0]).toBe('GET /api/v1/namespaces?limit=2 200');
    expect(pages.slice(1).every((one) => /^GET \/api\/v1\/namespaces\?continue=\S+&limit=2 200$/.test(one))).toBe(true);
    expect(await shell.ok(['get', 'ns', '--chunk-size=2', '-o', 'name'])).toBe(await shell.ok(['get', 'ns', '-o', 'name']));
  });

  each('get -w goes on from the list with a watch, and prints each change as a row [K2]', async (shell) => {
    const table = shell.follow(['get', 'cm', '-n', 'meta-test', '-w', '-v=6']);
    try {
      await table.until(/configmaps\?resourceVersion=\d+&watch=true/);
      await shell.ok(['create', 'cm', 'followed', '-n', 'meta-test', '--from-literal=a=b']);
      await table.until(/\nfollowed\s+1\s+\d+s/);
      await shell.ok(['patch', 'cm', 'followed', '-n', 'meta-test', '-p', '{"data":{"c":"d"}}']);
      await table.until(/\nfollowed\s+2\s+\d+s/);
    } finally {
      table.end();
    }
  });

  each('wait sees a condition, a value and a deletion [K8]', async (shell) => {
    const n = ['-n', 'meta-test', '--timeout=20s'] as const;
    expect(await shell.ok(['wait', '--for=condition=Established', 'crd/appmodels.iidp.com', '--timeout=20s'])).toContain('condition met');
    expect(await shell.ok(['wait', '--for=jsonpath={.data.c}=d', 'cm/followed', ...n])).toContain('condition met');
    expect(await shell.refused(['wait', '--for=jsonpath={.data.c}=never', 'cm/followed', '-n', 'meta-test', '--timeout=1s'])).toContain(
      'timed out',
    );
    const value = shell.ok(['wait', '--for=jsonpath={.data.late}=yes', 'cm/followed', ...n]);
    await shell.ok(['patch', 'cm', 'followed', '-n', 'meta-test', '-p', '{"data":{"late":"yes"}}']);
    expect(await value).toContain('condition met');
    const gone = shell.follow(['wait', '--for=delete', 'cm/followed', ...n, '-v=6']);
    await gone.until(/watch=true/);
    expect(await shell.ok(['delete', 'cm', 'followed', '-n', 'meta-test'])).toContain('"followed" deleted');
    await gone.until(/condition met/);
    expect(await shell.run(['wait', '--for=delete', 'cm/followed', ...n])).toMatchObject({ status: 0 });
  });

  each('explain knows the fields of custom and built-in kinds, and what they hold [K9]', async (shell) => {
    expect(await shell.ok(['explain', 'appmodel.spec'])).toContain('App name of the model');
    expect(await shell.ok(['explain', 'appmodel.spec.models'])).toContain('version of model');
    expect(await shell.ok(['explain', 'service.spec.ports'])).toMatch(/targetPort\s+<IntOrString>/);
    const probe = await shell.ok(['explain', 'pod.spec.containers.livenessProbe']);
    expect(probe).toMatch(/FIELD: livenessProbe <Probe>/);
    expect(probe).toMatch(/httpGet\s+<HTTPGetAction>/);
    expect(probe).toMatch(/failureThreshold\s+<integer>/);
    expect(await shell.ok(['explain', 'deployment.spec.template.spec.volumes.configMap.items'])).toMatch(/key\s+<string> -required-/);
    expect(await shell.ok(['explain', 'deployment.spec.strategy', '--recursive'])).toMatch(
      /rollingUpdate\s+<RollingUpdateDeployment>\s+maxSurge\s+<IntOrString>/,
    );
    expect(await shell.refused(['explain', 'pod.spec.colour'])).toContain('field "colour" does not exist');
  });

  each('api-resources and api-versions show what discovery says [K9]', async (shell) => {
    expect(await shell.ok(['api-resources', '--api-group=iidp.com'])).toMatch(/appmodels\s+am\s+iidp\.com\/v1\s+true\s+AppModel/);
    expect(await shell.ok(['api-resources', '--api-group=', '-o', 'wide'])).toMatch(
      /configmaps\s+cm\s+v1\s+true\s+ConfigMap\s+create,delete,deletecollection,get,list,patch,update,watch/,
    );
    expect((await shell.ok(['api-versions'])).split('\n')).toEqual(expect.arrayContaining(['apps/v1', 'iidp.com/v1', 'v1']));
  });

  each('describe shows an object with the events about it, which events lists as well [K9]', async (shell) => {
    const n = ['-n', 'meta-test'] as const;
    const uid = await shell.ok(['get', 'am', 'newsdkapp', ...n, '-o', 'jsonpath={.metadata.uid}']);
    await shell.ok(['create', '-f', '-'], { input: event(uid) });
    const described = await shell.ok(['describe', 'am', 'newsdkapp', ...n]);
    expect(described).toMatch(/Kind:\s+AppModel/);
    expect(described).toMatch(/Normal\s+Loaded\s+\S+(?: \(x3 over \S+\))?\s+loader\s+three models/);
    expect(await shell.ok(['events', ...n])).toMatch(/Normal\s+Loaded\s+AppModel\/newsdkapp\s+three models/);
    expect(await shell.ok(['events', ...n, '--for=am/newsdkapp'])).toContain('three models');
    expect(await shell.ok(['get', 'events', ...n])).toMatch(/Normal\s+Loaded\s+appmodel\/newsdkapp\s+three models/);
    expect(await shell.ok(['describe', 'pod', 'p', '-n', 'typed'])).toMatch(/Image:\s+nginx:1/);
    expect(await shell.ok(['describe', 'svc', 'iiot', ...n])).toMatch(/Port:\s+http\s+80\/TCP/);
    expect(await shell.ok(['describe', 'ns', 'meta-test'])).toMatch(/Status:\s+Active/);
    expect(await shell.ok(['describe', 'role', 'r', '-n', 'typed'])).toMatch(/deployments\.apps\s+\[\]\s+\[\]\s+\[get list\]/);
  });

  each('auth whoami and can-i ask in protobuf and are answered [K9, K10]', async (shell) => {
    expect(await shell.ok(['auth', 'whoami'])).toMatch(/Username\s+kubecast-admin\n/);
    expect(await shell.ok(['auth', 'can-i', 'create', 'pods', '-n', 'typed'])).toBe('yes\n');
    expect(await shell.ok(['auth', 'can-i', 'get', '/healthz'])).toBe('yes\n');
    const asked = await shell.requests(['auth', 'can-i', 'create', 'deployments.apps']);
    expect(asked.at(-1)).toBe('POST /apis/authorization.k8s.io/v1/selfsubjectaccessreviews 201');
  });

  each('delete waits until the object is gone, cascades as it is told, and --all takes each in turn [K7]', async (shell) => {
    const n = ['-n', 'typed'] as const;
    const path = '/apis/apps/v1/namespaces/typed/deployments/d';
    for (const [cascade, finalizer] of [
      ['foreground', 'foregroundDeletion'],
      ['orphan', 'orphan'],
    ] as const) {
      await shell.ok(['create', 'deployment', cascade, '--image=x', ...n]);
      await shell.ok(['delete', 'deployment', cascade, `--cascade=${cascade}`, '--wait=false', ...n]);
      expect(await shell.ok(['get', 'deployment', cascade, ...n, '-o', 'jsonpath={.metadata.finalizers}'])).toBe(`["${finalizer}"]`);
    }
    expect((await shell.requests(['delete', 'deployment', 'd', ...n])).slice(-2)).toEqual([`DELETE ${path} 200`, `GET ${path} 404`]);
    expect(await shell.ok(['delete', 'pod', 'p', '--now', ...n])).toContain('pod "p" deleted');
    const all = await shell.requests(['delete', 'secret', '--all', ...n]);
    expect(all.filter((one) => one.startsWith('DELETE'))).toEqual([
      'DELETE /api/v1/namespaces/typed/secrets/d 200',
      'DELETE /api/v1/namespaces/typed/secrets/s 200',
    ]);
    expect(await shell.refused(['delete', 'cm', 'nope', ...n])).toContain('configmaps "nope" not found');
    expect(await shell.ok(['delete', 'cm', 'nope', '--ignore-not-found', ...n])).toBe('');
    await shell.ok(['delete', 'ns', 'typed', '--wait=false']);
    expect(await shell.ok(['get', 'ns', 'typed'])).toMatch(/typed\s+Terminating/);
    await shell.ok(['delete', 'am', '--all', '-n', 'meta-test']);
    expect((await shell.run(['get', 'am', '-A'])).stderr).toContain('No resources found');
  });

  each('what nobody fills is waited for: a finalizer holds a deletion up until it is taken away [K7]', async (shell) => {
    const held = 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: held, namespace: meta-test, finalizers: [a.b/c]}\n';
    await shell.ok(['create', '-f', '-'], { input: held });
    const deleting = shell.follow(['delete', 'cm', 'held', '-n', 'meta-test', '-v=6']);
    await deleting.until(/watch=true/);
    await shell.ok(['patch', 'cm', 'held', '-n', 'meta-test', '--type=merge', '-p', '{"metadata":{"finalizers":null}}']);
    await shell.ok(['wait', '--for=delete', 'cm/held', '-n', 'meta-test', '--timeout=20s']);
    expect(await shell.refused(['get', 'cm', 'held', '-n', 'meta-test'])).toContain('not found');
    deleting.end();
  });
}
