import { BlockList, isIP } from 'node:net';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { checkAddress, EndpointBook, ModelCore, readEndpoints, readSlice, serviceNameLabel } from '../index.ts';
import { parseIp } from './ip-address.ts';

const refusedOf = (text: string, type?: string): string | undefined => {
  const checked = checkAddress(text, type);
  return 'refused' in checked ? checked.refused : undefined;
};

test.each([
  ['a name', ['metadata.google.internal', 'localhost', 'a', 'localhost.', 'xn--bcher-kva.example', '127.0.0.1.nip.io', 'redis', '']],
  ['this host', ['0.0.0.0', '0.0.0.1', '0.255.255.255', '::']],
  ['loopback', ['127.0.0.1', '127.0.0.53', '127.255.255.254', '::1', '0:0:0:0:0:0:0:1', '0000:0000::0001']],
  ['link-local', ['169.254.169.254', '169.254.0.1', 'fe80::1', 'FE80::a9fe:a9fe', 'febf::1', 'fec0::1']],
  ['multicast and reserved', ['224.0.0.1', '239.255.255.250', '240.0.0.1', '255.255.255.255', 'ff02::1', 'FF0E::1']],
  [
    'mapped, compatible, translated',
    [
      '::ffff:127.0.0.1',
      '::ffff:10.0.0.1',
      '::FFFF:7f00:1',
      '0:0:0:0:0:ffff:a9fe:a9fe',
      '::127.0.0.1',
      '::10.0.0.1',
      '::7f00:1',
      '::ffff:0:7f00:1',
    ],
  ],
  ['NAT64', ['64:ff9b::127.0.0.1', '64:ff9b::a9fe:a9fe', '64:ff9b::10.0.0.1', '64:ff9b:1::1', '0064:ff9b:0001:ffff::1']],
  [
    '6to4, Teredo and ISATAP of those',
    [
      '2002:7f00:1::',
      '2002:a9fe:a9fe::1',
      '2002:0:0::1',
      '2001::1',
      '2001:0:4136:e378::1',
      'fd00::5efe:127.0.0.1',
      'fd00::200:5efe:a9fe:a9fe',
    ],
  ],
  ['a zone', ['fe80::1%eth0', 'fd00::1%eth0', 'fd00::1%25eth0', '10.0.0.1%1', '::1%']],
  [
    'octal, hex, short and whole-number IPv4',
    [
      '0177.0.0.1',
      '010.0.0.1',
      '0x7f.0.0.1',
      '0x7f000001',
      '127.1',
      '10.1',
      '2130706433',
      '10.0.0.01',
      '10.0.0.1.',
      '.10.0.0.1',
      '10.0.0.256',
      '10.0.0.-1',
      '1e1.0.0.1',
    ],
  ],
  [
    'IPv6 that is none',
    [
      ':::',
      '1::2::3',
      '1:2:3:4:5:6:7',
      '1:2:3:4:5:6:7:8:9',
      '12345::',
      '::g',
      '[fd00::1]',
      'fd00::1/64',
      ':fd00::1',
      'fd00:::1',
      '1:2:3:4:5:6:7::8',
      '1.2.3.4::',
    ],
  ],
  [
    'what breaks URLs',
    [
      '10.0.0.1:80',
      '10.0.0.1/path',
      '10.0.0.1@evil',
      '10.0.0.1#',
      '10.0.0.1?',
      ' 10.0.0.1',
      '10.0.0.1\n',
      '10.0.0.1\0',
      '１0.0.0.1',
      '10。0。0。1',
      'user@10.0.0.1',
    ],
  ],
  ['metadata services of clouds', ['fd00:ec2::254', 'FD00:0EC2::23', 'fd20:ce::254', '168.63.129.16', '100.100.100.200', '192.0.0.192']],
])('%s is refused, as whatever type it is declared', (_what, texts) => {
  for (const text of texts)
    for (const type of [undefined, null, 'IPv4', 'IPv6', 'IP', 'FQDN'])
      expect([text, type, refusedOf(text, type as string)]).not.toEqual([text, type, undefined]);
});

test.each([
  ['10.0.0.1', 'IPv4', '10.0.0.1'],
  ['192.168.255.255', 'IPv4', '192.168.255.255'],
  ['100.64.0.1', 'IPv4', '100.64.0.1'],
  ['172.16.3.4', undefined, '172.16.3.4'],
  ['203.0.113.7', 'IP', '203.0.113.7'],
  ['fd00::1', 'IPv6', 'fd00::1'],
  ['FD00:0:0:0:0:0:0:1', 'IPv6', 'fd00::1'],
  ['2001:db8::10.0.0.1', null, '2001:db8::a00:1'],
  ['2a00:0:0:1::0', 'IPv6', '2a00:0:0:1::'],
  ['2002:0a00:0001::1', 'IPv6', '2002:a00:1::1'],
])('%s in a slice of %s is taken as %s', (text, type, canonical) => {
  expect(checkAddress(text, type)).toEqual({ address: canonical });
});

test('an address of the other family, and every address of a slice of names, is refused', () => {
  expect(refusedOf('10.0.0.1', 'IPv6')).toContain('addressType IPv6');
  expect(refusedOf('fd00::1', 'IPv4')).toContain('addressType IPv4');
  expect(refusedOf('10.0.0.1', 'FQDN')).toContain('name');
});

test('whatever is taken is an IP address of Node, and means the same as the text', () => {
  const nearly = fc.oneof(
    fc.ipV4(),
    fc.ipV6(),
    fc.ipV4Extended(),
    fc.string({ unit: fc.constantFrom(...'0123456789abcdefx:.%[]'.split('')) }),
    fc.string(),
  );
  fc.assert(
    fc.property(nearly, (text) => {
      const parsed = parseIp(text);
      // Node takes a zone; here it is refused.
      expect(parsed?.family ?? 0).toBe(text.includes('%') ? 0 : isIP(text));
      if (parsed === undefined) return;
      const list = new BlockList();
      list.addAddress(text, parsed.family === 4 ? 'ipv4' : 'ipv6');
      expect(list.check(parsed.text, parsed.family === 4 ? 'ipv4' : 'ipv6')).toBe(true);
    }),
    { numRuns: 3_000 },
  );
});

const labels = { [serviceNameLabel]: 'a' };
const http = [{ name: 'http', port: 80 }];

test('what is refused is left out, told with the reason, and counted; what is right beside it is used', () => {
  const book = new EndpointBook();
  book.setService('n', 'a', http);
  const content = readSlice(labels, {
    addressType: 'IPv4',
    ports: http,
    endpoints: ['10.0.0.1', '127.0.0.1', 'db.example'].map((address) => ({ addresses: [address] })),
  });
  if (content === undefined) throw new Error('the slice names its Service');
  book.setSlice('n', 's', content);
  const { endpoints, problem } = book.resolve('n', { name: 'a', explicit: false });
  expect(endpoints.map(({ address }) => address)).toEqual(['10.0.0.1']);
  expect(problem?.code).toBe('AddressRefused');
  expect(problem?.message).toContain('"127.0.0.1" is a loopback address');
  expect(problem?.message).toContain('"db.example" is no IP address');
  expect(book.refusals).toBe(2);
  book.setSlice(
    'n',
    's',
    readEndpoints('a', { subsets: [{ addresses: [{ ip: '::1' }], notReadyAddresses: [{ ip: '169.254.169.254' }], ports: http }] }),
  );
  expect(book.resolve('n', { name: 'a', explicit: false })).toMatchObject({ endpoints: [], problem: { code: 'AddressRefused' } });
});

test.each([0, -1, 65_536, 1.5, Number.NaN])('the port %s is refused', (port) => {
  const book = new EndpointBook(undefined, () => true);
  book.setService('n', 'a', [{ name: 'http', port: 80 }]);
  book.setSlice('n', 's', readEndpoints('a', { subsets: [{ addresses: [{ ip: '10.0.0.1' }], ports: [{ name: 'http', port }] }] }));
  expect(book.resolve('n', { name: 'a', explicit: false })).toMatchObject({ endpoints: [], problem: { code: 'AddressRefused' } });
});

test('it is a problem of the app, stands in its answer, and goes when the slice is mended', () => {
  const core = new ModelCore({
    payloads: {
      want: () => {},
      forget: () => {},
      resync: () => {},
      settled: () => Promise.resolve(),
      onChange: () => ({ [Symbol.dispose]: () => {} }),
      get: () => undefined,
      failing: () => [],
    },
    freshness: () => ({ resourceVersion: '1', ageMs: 0 }),
    allowEndpoint: (address, port) => address === '127.0.0.1' && port === 8080,
  });
  core.setAppModel({ namespace: 'n', name: 'a', uid: 'u', created: 1 }, { spec: { app: 'A', models: [{ name: 'm', version: '1' }] } });
  core.setService('n', 'a', [{ name: 'http', port: 80 }]);
  const slice = (type: string, address: string, port: number): void =>
    core.setSlice(
      'n',
      's',
      readSlice(labels, { addressType: type, ports: [{ name: 'http', port }], endpoints: [{ addresses: [address] }] }),
    );
  slice('FQDN', 'metadata.google.internal', 80);
  expect(core.resolve('n', 'm')?.endpoints).toEqual([]);
  expect(core.resolve('n', 'm')?.endpointsProblem).toContain('metadata.google.internal');
  expect(core.app('n', 'A')?.endpoints).toEqual([]);
  expect(core.problems()).toMatchObject([{ code: 'AddressRefused', app: 'A', appModel: 'a' }]);
  expect(core.addressesRefused).toBe(1);
  // What a developer allows is allowed with its port, not beside it.
  slice('IPv4', '127.0.0.1', 22);
  expect(core.resolve('n', 'm')?.endpoints).toEqual([]);
  slice('IPv4', '127.0.0.1', 8080);
  expect(core.resolve('n', 'm')?.endpoints).toHaveLength(1);
  expect(core.problems()).toEqual([]);
});
