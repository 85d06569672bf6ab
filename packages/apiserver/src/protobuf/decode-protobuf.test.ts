import fc from 'fast-check';
import { expect, test } from 'vitest';
import { decodeKubeProtobuf, ProtobufError } from './decode-protobuf.ts';

type Part = readonly number[];

const varint = (value: number): Part => (value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...varint(Math.floor(value / 128))]);
const bytes = (field: number, inner: Part): Part => [...varint((field << 3) | 2), ...varint(inner.length), ...inner];
const text = (field: number, value: string): Part => bytes(field, [...new TextEncoder().encode(value)]);
const int = (field: number, value: number): Part => [...varint(field << 3), ...varint(value)];
const entry = (field: number, key: string, value: string): Part => bytes(field, [...text(1, key), ...text(2, value)]);

function envelope(apiVersion: string, kind: string, message: Part): Uint8Array {
  return Uint8Array.from([
    0x6b,
    0x38,
    0x73,
    0,
    ...bytes(1, [...text(1, apiVersion), ...text(2, kind)]),
    ...bytes(2, message),
    ...text(3, ''),
    ...text(4, ''),
  ]);
}

/** As Go writes ObjectMeta: texts that are empty are on the wire all the same. */
const meta = (name: string): Part =>
  bytes(1, [
    ...text(1, name),
    ...text(2, ''),
    ...text(3, ''),
    ...text(4, ''),
    ...text(5, ''),
    ...text(6, ''),
    ...int(7, 0),
    ...bytes(8, []),
  ]);

test('a ConfigMap is read as its JSON form, without the zeros that Go writes', () => {
  expect(
    decodeKubeProtobuf(
      envelope('v1', 'ConfigMap', [
        ...meta('c'),
        ...entry(2, 'a', 'b'),
        ...entry(2, '__proto__', ''),
        ...bytes(3, [...text(1, 'x'), ...bytes(2, [0, 255])]),
        ...int(4, 0),
      ]),
    ),
  ).toEqual(
    JSON.parse(
      '{"kind":"ConfigMap","apiVersion":"v1","metadata":{"name":"c"},"data":{"a":"b","__proto__":""},"binaryData":{"x":"AP8="},"immutable":false}',
    ),
  );
});

test('a Service keeps its port, whichever form the target has', () => {
  const port = (target: Part): Part => bytes(1, [...text(1, 'http'), ...text(2, 'TCP'), ...int(3, 80), ...bytes(4, target), ...int(5, 0)]);
  const spec = bytes(2, [
    ...port([...int(1, 0), ...int(2, 8080), ...text(3, '')]),
    ...port([...int(1, 1), ...int(2, 0), ...text(3, 'web')]),
    ...text(3, ''),
    ...int(13, 0),
  ]);
  expect(decodeKubeProtobuf(envelope('v1', 'Service', [...meta('s'), ...spec, ...bytes(3, bytes(1, []))]))).toEqual({
    kind: 'Service',
    apiVersion: 'v1',
    metadata: { name: 's' },
    spec: {
      ports: [
        { name: 'http', protocol: 'TCP', port: 80, targetPort: 8080 },
        { name: 'http', protocol: 'TCP', port: 80, targetPort: 'web' },
      ],
    },
  });
});

test('a MicroTime has six digits', () => {
  const message = [...meta('l'), ...bytes(2, [...text(1, 'me'), ...bytes(4, [...int(1, 1_767_225_600), ...int(2, 1_500_000)])])];
  expect(decodeKubeProtobuf(envelope('coordination.k8s.io/v1', 'Lease', message))['spec']).toEqual({
    holderIdentity: 'me',
    renewTime: '2026-01-01T00:00:00.001500Z',
  });
});

test('a kind or a field that is not read here is refused by name, not lost', () => {
  const refused = (body: Uint8Array): ProtobufError => {
    try {
      decodeKubeProtobuf(body);
    } catch (error) {
      return error as ProtobufError;
    }
    throw new Error('it was read');
  };
  expect(refused(envelope('v1', 'Node', []))).toMatchObject({
    unsupported: true,
    message: 'the protobuf form of Node is not read by this server: send JSON',
  });
  expect(refused(envelope('v1', '__proto__', []))).toMatchObject({ unsupported: true });
  expect(refused(envelope('v1', 'Pod', [...meta('p'), ...bytes(2, bytes(1, text(1, 'volume')))]))).toMatchObject({
    unsupported: true,
    message: 'field 1 of PodSpec is not read by this server in its protobuf form: send JSON',
  });
  expect(refused(new TextEncoder().encode('{"kind":"ConfigMap"}'))).toMatchObject({ unsupported: false });
});

test('a review is read with what it asks; what only newer clients ask by selectors is refused rather than lost', () => {
  const attributes = [...text(1, 'ns'), ...text(2, 'get'), ...text(3, 'apps'), ...text(5, 'deployments')];
  const ask = (more: Part): Uint8Array =>
    envelope('authorization.k8s.io/v1', 'SelfSubjectAccessReview', [
      ...meta(''),
      ...bytes(2, bytes(1, [...attributes, ...more])),
      ...bytes(3, int(1, 0)),
    ]);
  expect(decodeKubeProtobuf(ask([]))).toMatchObject({
    kind: 'SelfSubjectAccessReview',
    spec: { resourceAttributes: { namespace: 'ns', verb: 'get', group: 'apps', resource: 'deployments' } },
  });
  expect(() => decodeKubeProtobuf(ask(bytes(8, text(1, 'a=b'))))).toThrow('field 8 of ResourceAttributes is not read by this server');
  const token = bytes(2, [...text(1, 'audience'), ...int(4, 600), ...bytes(3, [...text(1, 'Secret'), ...text(3, 's')])]);
  expect(decodeKubeProtobuf(envelope('authentication.k8s.io/v1', 'TokenRequest', [...meta(''), ...token]))).toMatchObject({
    spec: { audiences: ['audience'], expirationSeconds: 600, boundObjectRef: { kind: 'Secret', name: 's' } },
  });
});

test('whatever bytes come, they are read or refused', () => {
  const known = envelope('v1', 'ConfigMap', [...meta('c'), ...entry(2, 'a', 'b')]);
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 60 }), fc.nat(known.length), (noise, cut) => {
      for (const body of [
        Uint8Array.from([0x6b, 0x38, 0x73, 0, ...noise]),
        Uint8Array.from([...known.subarray(0, cut), ...noise]),
        known.subarray(0, cut),
      ]) {
        try {
          expect(decodeKubeProtobuf(body)['kind']).toEqual(expect.any(String));
        } catch (error) {
          expect(error).toBeInstanceOf(ProtobufError);
        }
      }
    }),
    { numRuns: 500 },
  );
});
