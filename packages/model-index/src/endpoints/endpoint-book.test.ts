import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  EndpointBook,
  readEndpoints,
  readServiceFamily,
  readServicePorts,
  readSlice,
  serviceNameLabel,
  type ServicePortLike,
  type SliceContent,
} from '../index.ts';

const maybe = fc.option(fc.boolean(), { nil: null });
const endpoint = fc.record({
  addresses: fc.array(fc.constantFrom('10.0.0.1', '10.0.0.2', '10.0.0.3', 'fd00::1'), { maxLength: 2 }),
  conditions: fc.option(fc.record({ ready: maybe, serving: maybe, terminating: maybe }), { nil: undefined }),
  zone: fc.option(fc.constantFrom('z1', 'z2'), { nil: undefined }),
  hints: fc.option(fc.record({ forZones: fc.array(fc.record({ name: fc.constantFrom('z1', 'z2') }), { maxLength: 2 }) }), {
    nil: undefined,
  }),
});
const port = fc.record({
  name: fc.constantFrom('http', 'admin', '', undefined, null),
  port: fc.constantFrom(80, 8080, null),
  protocol: fc.constantFrom('TCP', undefined, 'UDP'),
});
const step = fc.oneof(
  fc.record({ kind: fc.constant('service' as const), name: fc.constantFrom('a', 'b'), ports: fc.array(port, { maxLength: 3 }) }),
  fc.record({ kind: fc.constant('no service' as const), name: fc.constantFrom('a', 'b') }),
  fc.record({
    kind: fc.constant('slice' as const),
    name: fc.constantFrom('s1', 's2', 's3'),
    service: fc.constantFrom('a', 'b'),
    endpoints: fc.option(fc.array(endpoint, { maxLength: 3 }), { nil: null }),
    ports: fc.option(fc.array(port, { maxLength: 2 }), { nil: null }),
  }),
  fc.record({ kind: fc.constant('no slice' as const), name: fc.constantFrom('s1', 's2', 's3') }),
);

const references = [
  { name: 'a', explicit: false },
  { name: 'b', explicit: true, port: 'admin' },
  { name: 'b', explicit: true, port: '80' },
];
const answers = (book: EndpointBook): unknown => references.map((reference) => book.resolve('n', reference));

test('after any history the endpoints are those of a book that saw only what stands', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 20 }), fc.constantFrom(undefined, 'z1'), (steps, zone) => {
      const lived = new EndpointBook(zone);
      const services = new Map<string, readonly ServicePortLike[]>();
      const slices = new Map<string, ReturnType<typeof readSlice>>();
      for (const one of steps) {
        if (one.kind === 'service') {
          services.set(one.name, one.ports);
          lived.setService('n', one.name, one.ports);
        } else if (one.kind === 'no service') {
          services.delete(one.name);
          lived.removeService('n', one.name);
        } else if (one.kind === 'slice') {
          const content = readSlice({ [serviceNameLabel]: one.service }, one);
          slices.set(one.name, content);
          if (content !== undefined) lived.setSlice('n', one.name, content);
        } else {
          slices.delete(one.name);
          lived.removeSlice('n', one.name);
        }
        answers(lived); // Whatever was answered in between may not stay.
      }
      const fresh = new EndpointBook(zone);
      for (const [name, content] of [...slices].reverse()) if (content !== undefined) fresh.setSlice('n', name, content);
      for (const [name, ports] of services) fresh.setService('n', name, ports);
      expect(answers(lived)).toEqual(answers(fresh));
      for (const { endpoints } of answers(lived) as { endpoints: { address: string; port: number; ready: boolean }[] }[]) {
        expect(new Set(endpoints.map(({ address, port: number }) => `${address} ${number}`)).size).toBe(endpoints.length);
        expect(new Set(endpoints.map(({ ready }) => ready)).size).toBeLessThan(2);
        expect(new Set(endpoints.map(({ address }) => address.includes(':'))).size).toBeLessThan(2);
      }
    }),
    { numRuns: 500 },
  );
});

test('a Service or slice in another namespace plays no role', () => {
  const book = new EndpointBook();
  book.setService('other', 'a', [{ name: 'http', port: 80 }]);
  book.setSlice('other', 's', readEndpoints('a', { subsets: [{ addresses: [{ ip: '10.0.0.1' }], ports: [{ name: 'http', port: 80 }] }] }));
  expect(book.resolve('n', { name: 'a', explicit: false })).toEqual({
    endpoints: [],
    problem: { code: 'ServiceMissing', message: 'the Service n/a does not exist' },
  });
  expect(book.resolve('other', { name: 'a', explicit: false }).endpoints).toHaveLength(1);
});

test('hostile names of Services and ports are names', () => {
  const book = new EndpointBook();
  for (const name of ['__proto__', 'constructor']) {
    expect(book.resolve('n', { name, explicit: true }).endpoints).toEqual([]);
    book.setService('n', name, [{ name, port: 1 }]);
    book.setSlice('n', name, readEndpoints(name, { subsets: [{ addresses: [{ ip: '10.0.0.1' }], ports: [{ name, port: 2 }] }] }));
    expect(book.resolve('n', { name, explicit: true, port: name }).endpoints).toMatchObject([{ address: '10.0.0.1', port: 2 }]);
  }
});

test.each([
  ['is ready where one of them says so', { ready: false, serving: true }, { ready: true }, [true]],
  [
    'serves while it terminates where one of them says so',
    { ready: false, serving: false, terminating: true },
    { ready: false, serving: true, terminating: true },
    [false],
  ],
])('an address in two slices %s', (_what, first, second, expected) => {
  for (const [one, two] of [
    [first, second],
    [second, first],
  ] as const) {
    const book = new EndpointBook();
    book.setService('n', 'a', [{ name: 'http', port: 80 }]);
    for (const [slice, conditions] of [
      ['s1', one],
      ['s2', two],
    ] as const) {
      const content = readSlice(
        { [serviceNameLabel]: 'a' },
        { endpoints: [{ addresses: ['10.0.0.1'], conditions }], ports: [{ name: 'http', port: 80 }] },
      );
      if (content !== undefined) book.setSlice('n', slice, content);
    }
    expect(book.resolve('n', { name: 'a', explicit: false }).endpoints.map(({ ready }) => ready)).toEqual(expected);
  }
});

test('of pods with an address of each family one is given: of the family that the Service names first, else of the one that is ready', () => {
  const sliceOf = (addressType: string, addresses: readonly string[], ready = true): ReturnType<typeof readSlice> =>
    readSlice(
      { [serviceNameLabel]: 'a' },
      {
        addressType,
        endpoints: addresses.map((address) => ({ addresses: [address], conditions: { ready } })),
        ports: [{ name: 'http', port: 80 }],
      },
    );
  const given = (ipFamilies: readonly string[] | undefined, v4Ready: boolean, v6Ready: boolean): readonly string[] => {
    const book = new EndpointBook();
    const service = { spec: { ports: [{ name: 'http', port: 80 }], ...(ipFamilies === undefined ? {} : { ipFamilies }) } };
    book.setService('n', 'a', readServicePorts(service), readServiceFamily(service));
    book.setSlice('n', 's4', sliceOf('IPv4', ['10.0.0.1', '10.0.0.2'], v4Ready) as SliceContent);
    book.setSlice('n', 's6', sliceOf('IPv6', ['fd00::1', 'fd00::2'], v6Ready) as SliceContent);
    return book.resolve('n', { name: 'a', explicit: false }).endpoints.map(({ address }) => address);
  };
  const v4 = ['10.0.0.1', '10.0.0.2'];
  const v6 = ['fd00::1', 'fd00::2'];
  expect(given(['IPv4', 'IPv6'], true, true)).toEqual(v4);
  expect(given(['IPv6', 'IPv4'], true, true)).toEqual(v6);
  expect(given(undefined, true, true)).toEqual(v4);
  expect(given(['IPv4', 'IPv6'], false, true)).toEqual(v6);
  expect(given(['IPv6', 'IPv4'], true, false)).toEqual(v4);
});

test('what the chosen port speaks is told', () => {
  const book = new EndpointBook();
  const ports = readServicePorts({
    spec: {
      ports: [
        { name: 'http', port: 80 },
        { name: 'grpc', port: 90, appProtocol: 'kubernetes.io/h2c' },
      ],
    },
  });
  book.setService('n', 'a', ports);
  expect(book.resolve('n', { name: 'a', explicit: true, port: 'grpc' })).toEqual({
    endpoints: [],
    appProtocol: 'kubernetes.io/h2c',
    service: 'a',
  });
  expect(book.resolve('n', { name: 'a', explicit: false })).toEqual({ endpoints: [] });
});
