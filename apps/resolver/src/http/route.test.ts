import fc from 'fast-check';
import { expect, test } from 'vitest';
import { readRoute } from './route.ts';

test('each path names what it asks for', () => {
  expect(readRoute('/')).toEqual({ kind: 'page' });
  expect(readRoute('/readyz?verbose')).toEqual({ kind: 'readyz' });
  expect(readRoute('/v1/namespaces/n/models')).toEqual({ kind: 'models', namespace: 'n' });
  expect(readRoute('/v1/namespaces/n/models/m')).toEqual({ kind: 'model', namespace: 'n', model: 'm' });
  expect(readRoute('/v1/namespaces/n/apps/a?x')).toEqual({ kind: 'app', namespace: 'n', app: 'a' });
  for (const path of [
    '/v1',
    '/v1/namespaces/n',
    '/v1/namespaces/n/models/',
    '/v1/namespaces//models/m',
    '/v1/namespaces/n/pods/x',
    '/v1/namespaces/n/apps/a/call/x',
    '/v2/namespaces/n/models',
  ]) {
    expect([path, readRoute(path)]).toEqual([path, { kind: 'unknown' }]);
  }
});

test('what stands after call is passed on as it came', () => {
  expect(readRoute('/v1/namespaces/n/models/m/call/a%2Fb/../c?d=%20&e=/call/')).toEqual({
    kind: 'call',
    namespace: 'n',
    model: 'm',
    target: '/a%2Fb/../c?d=%20&e=/call/',
  });
  expect(readRoute('/v1/namespaces/n/models/m/call')).toEqual({ kind: 'call', namespace: 'n', model: 'm', target: '/' });
  expect(readRoute('/v1/namespaces/n/models/m/call//x')).toEqual({ kind: 'call', namespace: 'n', model: 'm', target: '//x' });
});

test('any name comes back as it was encoded', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme', minLength: 1 }), fc.string({ minLength: 1 }), (namespace, model) => {
      const path = `/v1/namespaces/${encodeURIComponent(namespace)}/models/${encodeURIComponent(model)}`;
      expect(readRoute(path)).toEqual({ kind: 'model', namespace, model });
      expect(readRoute(`${path}/call/x`)).toEqual({ kind: 'call', namespace, model, target: '/x' });
    }),
  );
});

test('no target makes it throw, and a malformed one is named', () => {
  fc.assert(fc.property(fc.string({ unit: 'binary' }), (text) => void readRoute(text)));
  expect(readRoute('/v1/namespaces/n/models/%ff')).toEqual({ kind: 'malformed', reason: 'the model "%ff" is not percent-encoded UTF-8' });
  expect(readRoute('http://h/v1/namespaces')).toMatchObject({ kind: 'malformed' });
});
