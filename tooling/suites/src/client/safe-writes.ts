import { ClientError, type KubernetesClient, RequestError, type ResourceClient } from '@kubecast/client';
import { diff, jsonPatch, mergePatch } from '@kubecast/client/objects';
import { configMapType, customResourceDefinitionType, type KubernetesObject } from '@kubecast/crd';
import { expect, test } from 'vitest';

const notNames = [
  undefined,
  null,
  '',
  ' ',
  '.',
  '..',
  'a/b',
  'a%2fb',
  '%',
  'a\0',
  'a\n',
  '\ud800',
  'x'.repeat(254),
  0,
  Number.NaN,
  {},
  [],
  ['keep-0'],
] as never[];

interface Gauge extends KubernetesObject {
  readonly spec: Record<string, unknown> & { readonly nanos: number; readonly list: readonly number[] };
}

/** What a write may not do: reach a collection instead of an object, or lose digits of what was read. */
export function safeWriteTests(server: string, client: () => KubernetesClient, inNewNamespace: () => Promise<string>): void {
  test('no call that names an object reaches the collection, whatever it is given as the name', async () => {
    const maps = client().resource(configMapType, { namespace: await inNewNamespace() });
    for (let i = 0; i < 5; i++) await maps.create({ metadata: { name: `keep-${i}` } });
    const names = async (): Promise<string[]> => {
      const found = [];
      // The server makes a map of its own in each namespace.
      for await (const { metadata } of maps.list()) if (metadata.name?.startsWith('keep-') === true) found.push(metadata.name);
      return found;
    };
    const sent = client().counters.requests;
    for (const name of notNames) {
      for (const call of [
        (): unknown => maps.delete(name),
        (): unknown => maps.delete(name, { preconditions: { uid: 'u' } }),
        (): unknown => maps.patch(name, { data: null }),
        (): unknown => maps.get(name),
        (): unknown => maps.find(name),
        (): unknown => maps.replace({ metadata: { name } }),
        (): unknown => maps.apply({ metadata: { name } }),
        (): unknown => maps.evict(name),
        (): unknown => maps.scale(name, 0),
        (): unknown => maps.getSubresource(name, 'status'),
        (): unknown => maps.asTable().get(name),
        (): unknown => maps.asMetadata().get(name),
      ])
        await expect((async () => call())()).rejects.toThrow(RequestError);
    }
    for (const options of [undefined, {}, { labelSelector: '' }, { labelSelector: undefined }, { labelselector: 'a=b' }, { all: 'yes' }])
      await expect(maps.deleteCollection(options as never)).rejects.toThrow(RequestError);
    expect(client().counters.requests).toBe(sent);
    expect(await names()).toHaveLength(5);
    expect((await maps.deleteCollection({ fieldSelector: 'metadata.name=keep-0' })).items).toHaveLength(1);
    expect(await names()).toHaveLength(4);
    await maps.deleteCollection({ all: true });
    expect(await names()).toEqual([]);
  });

  test('a kind is found the moment its CRD is there, and integers beyond 2^53 keep their digits in every write', async () => {
    const crds = client().resource(customResourceDefinitionType);
    const free = { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } as const;
    await client()
      .dynamic({ apiVersion: 'exact.kubecast.test/v1', kind: 'Gauge' })
      .catch((error: unknown) => error);
    await crds.create({
      metadata: { name: 'gauges.exact.kubecast.test' },
      spec: {
        group: 'exact.kubecast.test',
        names: { kind: 'Gauge', plural: 'gauges', singular: 'gauge', listKind: 'GaugeList' },
        scope: 'Namespaced',
        versions: [
          {
            name: 'v1',
            served: true,
            storage: true,
            schema: {
              openAPIV3Schema: {
                type: 'object',
                properties: { spec: { ...free, properties: { nanos: { type: 'integer', format: 'int64' } } } },
              },
            },
          },
        ],
      },
    } as never);
    // Once the server says that the kind is there, a client says so too: it does not wait for its own memory to age.
    while (!(await client().serves('exact.kubecast.test/v1', 'gauges'))) await new Promise((resolve) => setImmediate(resolve));
    const namespace = await inNewNamespace();
    const gauges = (await client().dynamic(
      { apiVersion: 'exact.kubecast.test/v1', kind: 'Gauge' },
      { namespace },
    )) as unknown as ResourceClient<Gauge>;
    const stored = async (): Promise<string> => {
      const answer = await client().raw({ method: 'GET', path: `/apis/exact.kubecast.test/v1/namespaces/${namespace}/gauges/g` });
      let text = '';
      for await (const chunk of answer.chunks) text += new TextDecoder().decode(chunk);
      return text;
    };
    const create = (): Promise<unknown> =>
      gauges.create({
        metadata: { name: 'g' },
        spec: {
          nanos: 1764468000000000001n as unknown as number,
          list: [9223372036854775807n as unknown as number, 1],
          min: -9223372036854775808n,
          unit: 'ns',
        },
      });
    for (;;) {
      // For a moment after a CRD was made the real server may answer 404 to writes, or 429.
      const error: unknown = await create().catch((caught: unknown) => caught);
      if (!(error instanceof ClientError)) break;
      expect(error).toMatchObject({ statusCode: expect.toBeOneOf([404, 429]) as number });
    }
    // The embedded server holds doubles, as its README says.
    const digits =
      server === 'embedded' ? [] : [/"nanos":\s?1764468000000000001\b/, /9223372036854775807\b/, /"min":\s?-9223372036854775808\b/];
    const kept = async (unit: string): Promise<void> => {
      const text = await stored();
      for (const each of digits) expect(text).toMatch(each);
      expect(text).toMatch(new RegExp(`"unit":\\s?"${unit}"`));
    };
    await kept('ns');
    const read = await gauges.get('g');
    await gauges.replace(read);
    await kept('ns');
    const fresh = await gauges.get('g');
    await gauges.replace({ ...fresh, spec: { ...fresh.spec, unit: 'replaced' } });
    await kept('replaced');
    for await (const listed of gauges.list()) await gauges.replace({ ...listed, spec: { ...listed.spec, unit: 'listed' } });
    await kept('listed');
    for await (const event of gauges.watch()) {
      if (event.type === 'BOOKMARK') continue;
      await gauges.replace({ ...event.object, spec: { ...event.object.spec, unit: 'watched' } });
      break;
    }
    await kept('watched');
    const before = await gauges.get('g');
    const after = { ...before, spec: { ...before.spec, unit: 'patched', copy: before.spec.list } };
    expect(diff(before, after)).toHaveLength(2);
    await gauges.patch('g', jsonPatch(before, after, { test: true }));
    await kept('patched');
    const now = await gauges.get('g');
    const doubled = { ...now.spec, unit: 'merged', other: { ...now.spec } };
    await gauges.patch('g', mergePatch({ ...now }, { ...now, spec: doubled }));
    await kept('merged');
    await gauges.apply({ metadata: { name: 'g' }, spec: { ...before.spec, unit: 'applied' } } as never, { force: true });
    await kept('applied');
    const cloned = structuredClone(await gauges.get('g'));
    const error: unknown = await gauges.replace(cloned).catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(RequestError);
    expect(String(error)).toContain('spec.');
    await kept('applied');
  });
}
