import { afterAll, beforeAll, expect, test } from 'vitest';
import type { RunningTarget } from './embedded-target.ts';
import { Api, apply, json, listAt, merge, strategic, type Answer } from './target.ts';
import { serveWidgets, widget, widgets } from './widget.ts';

const table = 'application/json;as=Table;v=v1;g=meta.k8s.io';

/** What the server was seen to do; the same sentences hold on the embedded server and on the real one. Skipped without a server to start. */
export function behaviours(on: string, start: (() => Promise<RunningTarget>) | undefined): void {
  let target: RunningTarget;
  let api: Api;
  let count = 0;
  const fresh = (): string => `w${++count}`;
  const says = (text: string, body: () => Promise<void>): void => {
    test(`${on}: ${text}`, async (context) => {
      if (start === undefined) return context.skip();
      expect.hasAssertions();
      await body();
    });
  };

  beforeAll(async () => {
    if (start === undefined) return;
    target = await start();
    api = new Api(target);
    await serveWidgets(api);
  }, 120_000);
  afterAll(async () => {
    api?.close();
    await target?.close();
  });

  const applied = (name: string, manager: string, spec: unknown, force = false): Promise<Answer> =>
    api.patch(`${widgets}/${name}?fieldManager=${manager}&force=${force}`, apply, widget(name, spec));
  const managers = (answer: Answer): unknown[] =>
    ((answer.body['metadata']?.['managedFields'] ?? []) as unknown as Record<string, unknown>[]).map((one) => [
      one['manager'],
      one['operation'],
      one['fieldsV1'],
    ]);

  says('an apply creates with 201 and updates with 200; the same again is the same version [S1]', async () => {
    const name = fresh();
    const first = await applied(name, 'm1', { color: 'red' });
    const again = await applied(name, 'm1', { color: 'red' });
    expect([first.code, again.code]).toEqual([201, 200]);
    expect(again.body).toEqual(first.body);
  });

  says('list-map items are owned by key with defaults, set items by value, other lists whole [S2]', async () => {
    const answer = await applied(fresh(), 'm1', { items: [{ name: 'a', value: 1 }], tags: ['x'], plain: ['p'], whole: { x: 1 } });
    expect(managers(answer)).toEqual([
      [
        'm1',
        'Apply',
        {
          'f:spec': {
            'f:items': { 'k:{"name":"a","proto":"TCP"}': { '.': {}, 'f:name': {}, 'f:value': {} } },
            'f:plain': {},
            'f:tags': { 'v:"x"': {} },
            'f:whole': {},
          },
        },
      ],
    ]);
  });

  says('another kind, no manager, managedFields in the body: each has its refusal [S3]', async () => {
    const name = fresh();
    const wrong = await api.patch(`${widgets}/${name}?fieldManager=m`, apply, { ...widget(name, {}), apiVersion: 't.example/v7' });
    expect([wrong.code, wrong.body['message']]).toEqual([400, 'invalid object type: t.example/v7, Kind=Widget']);
    const nobody = await api.patch(`${widgets}/${name}`, apply, widget(name, {}));
    expect(nobody.code).toBe(422);
    const managed = await api.patch(`${widgets}/${name}?fieldManager=m`, apply, widget(name, {}, { managedFields: [] }));
    expect([managed.code, managed.body['message']]).toEqual([400, 'metadata.managedFields must be nil']);
  });

  says('an unknown field, a wrong type and duplicate keys under apply are 500 without a reason [S4]', async () => {
    const name = fresh();
    const texts = [];
    for (const spec of [{ type: 'x' }, { color: 5 }, { items: [{ name: 'q' }, { name: 'q' }] }]) {
      const answer = await applied(name, 'm1', spec);
      expect([answer.code, answer.body['reason']]).toEqual([500, undefined]);
      texts.push(answer.body['message']);
    }
    const prefix = `failed to create typed patch object (/${name}; t.example/v1, Kind=Widget): `;
    expect(texts).toEqual([
      `${prefix}.spec.type: field not declared in schema`,
      `${prefix}.spec.color: expected string, got &value.valueUnstructured{Value:5}`,
      `${prefix}.spec.items: duplicate entries for key [name="q",proto="TCP"]`,
    ]);
  });

  says('a conflict names the owner and the fields, those of one level first [S5]', async () => {
    const name = fresh();
    await applied(name, 'm1', { color: 'red', items: [{ name: 'a', value: 1 }] });
    const answer = await applied(name, 'm2', { color: 'blue', items: [{ name: 'a', value: 2 }] });
    expect([answer.code, answer.body['reason'], answer.body['message']]).toEqual([
      409,
      'Conflict',
      'Apply failed with 2 conflicts: conflicts with "m1":\n- .spec.color\n- .spec.items[name="a",proto="TCP"].value',
    ]);
    expect(answer.body['details']).toEqual({
      causes: [
        { reason: 'FieldManagerConflict', message: 'conflict with "m1"', field: '.spec.color' },
        { reason: 'FieldManagerConflict', message: 'conflict with "m1"', field: '.spec.items[name="a",proto="TCP"].value' },
      ],
    });
  });

  says('force takes the field; a field no longer applied goes unless another owns it [S6]', async () => {
    const name = fresh();
    await applied(name, 'm1', { color: 'red', opt: 'o', n: 1 });
    const forced = await applied(name, 'm2', { color: 'blue', opt: 'o' }, true);
    expect(managers(forced)).toEqual([
      ['m1', 'Apply', { 'f:spec': { 'f:n': {}, 'f:opt': {} } }],
      ['m2', 'Apply', { 'f:spec': { 'f:color': {}, 'f:opt': {} } }],
    ]);
    const less = await applied(name, 'm1', {});
    expect(less.body['spec']).toEqual({ color: 'blue', opt: 'o' });
  });

  says('an apply that only adds ownership is written, and its entry has no time [S7]', async () => {
    const name = fresh();
    const first = await applied(name, 'm1', { color: 'red' });
    const second = await applied(name, 'm2', { color: 'red' });
    expect(second.body['metadata']?.['resourceVersion']).not.toBe(first.body['metadata']?.['resourceVersion']);
    const entries = second.body['metadata']?.['managedFields'] as unknown as { manager: string; time?: string }[];
    expect(entries.find((one) => one.manager === 'm2')?.time).toBeUndefined();
  });

  says('other verbs book on an Update entry; what stands there untracked goes to before-first-apply [S9, S12]', async () => {
    const name = fresh();
    const created = await api.post(`${widgets}?fieldManager=tool`, widget(name, { color: 'red' }));
    expect(managers(created)).toEqual([['tool', 'Update', { 'f:spec': { '.': {}, 'f:color': {} } }]]);
    await api.patch(`${widgets}/${name}`, merge, { metadata: { managedFields: [{}] } });
    const first = await applied(name, 'm1', { n: 1 });
    expect(managers(first)).toEqual([
      ['m1', 'Apply', { 'f:spec': { 'f:n': {} } }],
      ['before-first-apply', 'Update', { 'f:spec': { '.': {}, 'f:color': {} } }],
    ]);
  });

  says('the status has entries of its own, and cannot be applied to what is not there [S10]', async () => {
    const name = fresh();
    const status = (phase: string): Promise<Answer> =>
      api.patch(`${widgets}/${name}/status?fieldManager=m1`, apply, { ...widget(name, undefined), status: { phase } });
    expect((await status('A')).code).toBe(404);
    await applied(name, 'm1', { color: 'red' });
    const answer = await status('A');
    expect(listAt(answer.body, 'metadata', 'managedFields').map((one) => one.subresource)).toEqual([undefined, 'status']);
  });

  says('unknown fields are dropped with a warning, and refused when strict [F1, F2]', async () => {
    const lenient = await api.post(widgets, { ...widget(fresh(), { zz: 1 }), other: 1 });
    expect([lenient.code, lenient.warnings]).toEqual([201, '299 - "unknown field \\"other\\"", 299 - "unknown field \\"spec.zz\\""']);
    const strict = await api.post(`${widgets}?fieldValidation=Strict`, widget(fresh(), { zz: 1 }));
    expect([strict.code, strict.body['message']]).toEqual([
      400,
      'Widget in version "v1" cannot be handled as a Widget: strict decoding error: unknown field "spec.zz"',
    ]);
  });

  says('strategic merge: maps merge, new list items come first, directives delete [P4]', async () => {
    const name = fresh();
    const path = `/api/v1/namespaces/default/services/${name}`;
    await api.post('/api/v1/namespaces/default/services', {
      metadata: { name, finalizers: ['a.b/c'] },
      spec: { ports: [{ port: 80, name: 'a' }], selector: { a: '1' } },
    });
    const added = await api.patch(path, strategic, { metadata: { finalizers: ['a.b/d'] }, spec: { ports: [{ port: 81, name: 'b' }] } });
    expect(listAt(added.body, 'spec', 'ports').map((one) => one.port)).toEqual([81, 80]);
    expect(added.body['metadata']?.['finalizers']).toEqual(['a.b/d', 'a.b/c']);
    const less = await api.patch(path, strategic, {
      metadata: { '$deleteFromPrimitiveList/finalizers': ['a.b/c', 'a.b/d'] },
      spec: { ports: [{ port: 80, $patch: 'delete' }] },
    });
    expect(listAt(less.body, 'spec', 'ports').map((one) => one.port)).toEqual([81]);
    await api.delete(path);
  });

  says('a Table has the declared columns, missing cells are null, a filter gives its first match [T1, T3]', async () => {
    const name = fresh();
    await applied(name, 'm1', { color: 'red', items: [{ name: 'b', proto: 'UDP' }, { name: 'a' }], free: { x: [1] } });
    const answer = await api.get(`${widgets}/${name}`, table);
    expect([answer.code, answer.type, answer.body['kind'], answer.body['apiVersion']]).toEqual([200, json, 'Table', 'meta.k8s.io/v1']);
    expect(listAt(answer.body, 'columnDefinitions').map((one) => [one.name, one.type, one.priority])).toEqual([
      ['Name', 'string', 0],
      ['Color', 'string', 0],
      ['N', 'integer', 0],
      ['First', 'string', 0],
      ['Free', 'string', 1],
    ]);
    const rows = answer.body['rows'] as unknown as { cells: unknown[]; object: { kind: string } }[];
    expect(rows[0]?.cells).toEqual([name, 'red', null, 'TCP', '{"x":[1]}']);
    expect(rows[0]?.object.kind).toBe('PartialObjectMetadata');
  });

  says('includeObject is None, Object or Metadata, and nothing else [T4]', async () => {
    const name = fresh();
    await applied(name, 'm1', { color: 'red' });
    const shown = async (include: string): Promise<unknown> =>
      (
        (await api.get(`${widgets}/${name}?includeObject=${include}`, table)).body['rows'] as unknown as {
          object: { kind?: string } | null;
        }[]
      )[0]?.object;
    expect(await shown('None')).toBeNull();
    expect(await shown('Object')).toMatchObject({ kind: 'Widget', spec: { color: 'red' } });
    const bad = await api.get(`${widgets}/${name}?includeObject=Foo`, table);
    expect([bad.code, bad.body['message']]).toEqual([
      400,
      `Unable to convert to Table as requested: includeObject: Invalid value: "Foo": must be 'Metadata', 'Object', 'None', or empty`,
    ]);
  });

  says("a group version lists its resources with their verbs in the server's order [D2]", async () => {
    const answer = await api.get('/apis/t.example/v1');
    expect(answer.body['resources']).toEqual([
      {
        name: 'widgets',
        singularName: 'widget',
        namespaced: true,
        kind: 'Widget',
        verbs: ['delete', 'deletecollection', 'get', 'list', 'patch', 'create', 'update', 'watch'],
        shortNames: ['wd'],
        storageVersionHash: expect.any(String),
      },
      { name: 'widgets/status', singularName: '', namespaced: true, kind: 'Widget', verbs: ['get', 'patch', 'update'] },
    ]);
  });

  says('the OpenAPI index names the document with its hash, which may then be kept for ever [D9, D10]', async () => {
    const index = await api.get('/openapi/v3');
    expect(index.type).toMatch(/^text\/plain/);
    const url = String(index.body['paths']?.['apis/t.example/v1']?.['serverRelativeURL']);
    expect(url).toMatch(/^\/openapi\/v3\/apis\/t\.example\/v1\?hash=[0-9A-F]{128}$/);
    const document = await api.get(url);
    expect(document.code).toBe(200);
    const schema = document.body['components']?.['schemas']?.['example.t.v1.Widget'];
    expect(schema?.['x-kubernetes-group-version-kind']).toEqual([{ group: 't.example', kind: 'Widget', version: 'v1' }]);
    const patch = document.body['paths']?.['/apis/t.example/v1/namespaces/{namespace}/widgets/{name}']?.['patch'];
    expect(listAt(patch ?? {}, 'parameters').map((one) => one.name)).toEqual(['dryRun', 'fieldManager', 'fieldValidation', 'force']);
    expect((await api.get(`${url.slice(0, -4)}0000`)).code).toBe(301);
    expect((await api.get('/openapi/v3/apis/nope/v1')).code).toBe(404);
  });

  says('a namespace gets its label, its finalizer and a status [B1]', async () => {
    const answer = await api.post('/api/v1/namespaces', { metadata: { name: `ns-${fresh()}` } });
    expect(answer.body['metadata']?.['labels']).toEqual({ 'kubernetes.io/metadata.name': answer.body['metadata']?.['name'] });
    expect([answer.body['spec'], answer.body['status']]).toEqual([{ finalizers: ['kubernetes'] }, { phase: 'Active' }]);
  });

  says('a Lease wants six digits in its times, and positive durations [B2]', async () => {
    const leases = '/apis/coordination.k8s.io/v1/namespaces/default/leases';
    const short = await api.post(leases, { metadata: { name: fresh() }, spec: { renewTime: '2026-01-01T00:00:00Z' } });
    expect([short.code, short.body['message']]).toEqual([
      400,
      'Lease in version "v1" cannot be handled as a Lease: parsing time "2026-01-01T00:00:00Z" as "2006-01-02T15:04:05.000000Z07:00": cannot parse "Z" as ".000000"',
    ]);
    const zero = await api.post(leases, { metadata: { name: fresh() }, spec: { leaseDurationSeconds: 0 } });
    expect([zero.code, listAt(zero.body, 'details', 'causes')[0]?.field]).toEqual([422, 'spec.leaseDurationSeconds']);
  });

  says('a Service is filled in, and what was allocated is owned by nobody [B4]', async () => {
    const name = fresh();
    const answer = await api.post('/api/v1/namespaces/default/services?fieldManager=m', {
      metadata: { name },
      spec: { ports: [{ port: 80 }] },
    });
    expect(answer.body['spec']).toMatchObject({
      ports: [{ protocol: 'TCP', port: 80, targetPort: 80 }],
      sessionAffinity: 'None',
      type: 'ClusterIP',
      ipFamilies: ['IPv4'],
      ipFamilyPolicy: 'SingleStack',
      internalTrafficPolicy: 'Cluster',
    });
    expect(managers(answer)).toEqual([
      [
        'm',
        'Update',
        {
          'f:spec': {
            'f:internalTrafficPolicy': {},
            'f:ports': { '.': {}, 'k:{"port":80,"protocol":"TCP"}': { '.': {}, 'f:port': {}, 'f:protocol': {}, 'f:targetPort': {} } },
            'f:sessionAffinity': {},
            'f:type': {},
          },
        },
      ],
    ]);
    await api.delete(`/api/v1/namespaces/default/services/${name}`);
  });

  says('an EndpointSlice names each bad port and address [B5]', async () => {
    const answer = await api.post('/apis/discovery.k8s.io/v1/namespaces/default/endpointslices', {
      metadata: { name: fresh() },
      addressType: 'IPv4',
      endpoints: [{ addresses: ['nope'] }, { addresses: [] }, { addresses: ['127.0.0.1'] }],
      ports: [{}, {}],
    });
    expect(answer.code).toBe(422);
    expect(listAt(answer.body, 'details', 'causes').map((one) => one.field)).toEqual([
      'ports[1].name',
      'endpoints[0].addresses[0]',
      'endpoints[1].addresses',
      'endpoints[2].addresses[0]',
    ]);
  });

  says("immutable data stays, a Secret's texts come back as data [B6]", async () => {
    const name = fresh();
    await api.post('/api/v1/namespaces/default/configmaps', { metadata: { name }, immutable: true, data: { a: '1' } });
    const changed = await api.patch(`/api/v1/namespaces/default/configmaps/${name}`, merge, { data: { a: '2' } });
    expect([changed.code, changed.body['message']]).toEqual([
      422,
      `ConfigMap "${name}" is invalid: data: Forbidden: field is immutable when \`immutable\` is set`,
    ]);
    const secret = await api.post('/api/v1/namespaces/default/secrets', {
      metadata: { name },
      stringData: { a: 'hello' },
      data: { b: 'eQ==' },
    });
    expect([secret.body['data'], secret.body['stringData'], secret.body['type']]).toEqual([
      { a: 'aGVsbG8=', b: 'eQ==' },
      undefined,
      'Opaque',
    ]);
  });

  says('one Event is read in both of its groups [B3]', async () => {
    const name = fresh();
    await api.post('/api/v1/namespaces/default/events', {
      metadata: { name },
      involvedObject: { kind: 'Pod', name: 'p', namespace: 'default' },
      reason: 'R',
      message: 'M',
      type: 'Normal',
    });
    const other = await api.get(`/apis/events.k8s.io/v1/namespaces/default/events/${name}`);
    expect(other.body).toMatchObject({
      apiVersion: 'events.k8s.io/v1',
      regarding: { kind: 'Pod', name: 'p', namespace: 'default' },
      note: 'M',
      reason: 'R',
    });
  });

  says(
    'managed fields that an update leaves out or empties stay; one empty entry clears them, and nothing is tracked until an apply [U7]',
    async () => {
      const name = fresh();
      const made = await applied(name, 'm1', { color: 'red' });
      const put = (metadata: Readonly<Record<string, unknown>>): Promise<Answer> =>
        api.put(`${widgets}/${name}`, widget(name, { color: 'red' }, metadata));
      const version = (answer: Answer): string => String(answer.body['metadata']?.['resourceVersion']);
      const left = await put({ resourceVersion: version(made) });
      const emptied = await put({ resourceVersion: version(left), managedFields: [] });
      expect([managers(left).length, managers(emptied).length]).toEqual([1, 1]);
      const cleared = await put({ resourceVersion: version(emptied), managedFields: [{}] });
      const changed = await api.patch(`${widgets}/${name}`, merge, { spec: { color: 'blue' } });
      expect([cleared.code, managers(cleared), managers(changed)]).toEqual([200, [], []]);
      const again = await applied(name, 'm1', { opt: 'x' });
      expect(managers(again).map((entry) => (entry as unknown[]).slice(0, 2))).toEqual([
        ['m1', 'Apply'],
        ['before-first-apply', 'Update'],
      ]);
    },
  );

  says('a watch is not written in YAML: 406, in the words for streams; the JSON of streams is plain JSON [W14]', async () => {
    const refused = await api.get(`${widgets}?watch=1&timeoutSeconds=1`, 'application/yaml');
    // The real server breaks the line, since it answers in YAML.
    expect([refused.code, refused.text.replaceAll(/\s+/g, ' ')]).toEqual([
      406,
      expect.stringContaining(
        'only the following media types are accepted: application/json;stream=watch, application/vnd.kubernetes.protobuf;stream=watch',
      ),
    ]);
    const taken = await api.get(`${widgets}?watch=1&timeoutSeconds=1&resourceVersion=0`, 'application/json;stream=watch');
    expect([taken.code, taken.type]).toEqual([200, 'application/json']);
  });

  says('after a change of the CRD the next list is told to come back in a second: the storage is made anew [V3]', async () => {
    const crds = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';
    // On the real server it lasts some milliseconds, and a list may come too late.
    let refused: Answer | undefined;
    for (let i = 0; i < 50 && refused === undefined; i += 1) {
      await api.patch(`${crds}/widgets.t.example`, merge, { spec: { names: { categories: [`c${i}`] } } });
      for (let j = 0; j < 20 && refused === undefined; j += 1) {
        const answer = await api.get(widgets);
        if (answer.code !== 200) refused = answer;
      }
    }
    expect([refused?.code, refused?.headers['retry-after'], refused?.body]).toEqual([
      429,
      '1',
      {
        kind: 'Status',
        apiVersion: 'v1',
        metadata: {},
        status: 'Failure',
        message: 'storage is (re)initializing',
        reason: 'TooManyRequests',
        details: { retryAfterSeconds: 1 },
        code: 429,
      },
    ]);
    expect((await api.get(`${widgets}/nobody`)).code).toBe(404);
    while ((await api.get(widgets)).code === 429);
  });
}
