import { expect, test } from 'vitest';
import { createApiServer } from '../api-server.ts';
import { isApiServerError } from '../errors.ts';

const refusal = (act: () => unknown): string => {
  try {
    act();
  } catch (error) {
    return isApiServerError(error) ? `${error.code}: ${error.message}` : `not of the server: ${String(error)}`;
  }
  return 'nothing was refused';
};

test.each<readonly [named: string, fault: unknown]>([
  ['faults.add takes a fault', undefined],
  ['faults.add takes a fault', null],
  ['faults.add takes a fault', 'drop'],
  ['faults.add takes a fault', [{ type: 'drop' }]],
  ['the type of a fault', {}],
  ['the type of a fault', { type: 'dropp' }],
  ['the type of a fault', { type: 'constructor' }],
  ['code must be', { type: 'status', code: 999 }],
  ['code must be', { type: 'status', code: '500' }],
  ['code is missing', { type: 'status' }],
  ['retryAfterSeconds must be', { type: 'status', code: 429, retryAfterSeconds: Number.NaN }],
  ['retryAfterSeconds must be', { type: 'status', code: 429, retryAfterSeconds: '1\r\nx: y' }],
  ['message must be', { type: 'status', code: 500, message: 5 }],
  ['ms is missing', { type: 'slow' }],
  ['ms must be', { type: 'slow', ms: Number.NaN }],
  ['ms must be', { type: 'slow', ms: -1 }],
  ['ms must be', { type: 'slow', ms: 2 ** 31 }],
  ['ms must be', { type: 'slow', ms: '5' }],
  ['code must be', { type: 'watch-error', code: 400 }],
  ['afterEvents must be', { type: 'drop', afterEvents: -1 }],
  ['afterEvents must be', { type: 'stall', afterEvents: Number.NaN }],
  ['afterEvents must be', { type: 'truncate', afterEvents: 1.5 }],
  ['no field "afterEvent"', { type: 'drop', afterEvent: 3 }],
  ['no field "ms"', { type: 'drop', ms: 3 }],
  ['which must be', { type: 'missing-bookmark', which: 'none' }],
  ['revisions must be', { type: 'lag', revisions: -5 }],
  ['ms must be', { type: 'lag', ms: Number.POSITIVE_INFINITY }],
])('a fault is refused by the field that is wrong: %s', (named, fault) => {
  const { faults } = createApiServer();
  expect(refusal(() => faults.add(fault as never))).toMatch(new RegExp(`^ERR_APISERVER_OPTION: .*${named}`));
  expect(faults.take({ verb: 'get', group: '', resource: 'pods', namespace: 'a', name: 'b', subresource: undefined, user: 'c' })).toEqual(
    [],
  );
});

test.each<readonly [named: string, match: unknown]>([
  ['faults.add takes a match', null],
  ['faults.add takes a match', 'get'],
  ['verb must be', { verb: 'gett' }],
  ['verb must be', { verb: ['get', 'put'] }],
  ['verb must be', { verb: [] }],
  ['no field "verbs"', { verbs: 'get' }],
  ['times must be', { times: 0 }],
  ['times must be', { times: Number.NaN }],
  ['times must be', { times: 1.5 }],
  ['times must be', { times: '3' }],
  ['resource must be', { resource: 5 }],
  ['resource must be', { resource: 'ConfigMap' }],
  ['resource must be', { resource: 'pods/status' }],
  ['namespace must be', { namespace: null }],
])('a match is refused by the field that is wrong: %s', (named, match) => {
  const { faults } = createApiServer();
  expect(refusal(() => faults.add({ type: 'drop' }, match as never))).toMatch(new RegExp(`^ERR_APISERVER_OPTION: .*${named}`));
});

test('a fault may be removed twice, and after all were cleared', () => {
  const { faults } = createApiServer();
  const facts = { verb: 'get', group: '', resource: 'pods', namespace: 'a', name: 'b', subresource: undefined, user: 'c' } as const;
  const [one, other] = [faults.add({ type: 'drop' }), faults.add({ type: 'drop' }, { verb: ['get'], times: 1 })];
  one.remove();
  one.remove();
  expect(faults.take(facts)).toHaveLength(1);
  expect(faults.take(facts)).toHaveLength(0);
  faults.clear();
  other.remove();
  one[Symbol.dispose]();
  expect([one.hits, other.hits]).toEqual([0, 1]);
});

test.each<readonly [named: string, options: unknown]>([
  ['the options', null],
  ['the options', 'x'],
  ['there is no option "ports"', { ports: 1 }],
  ['port must be', { port: -1 }],
  ['port must be', { port: '6443' }],
  ['port must be', { port: 65_536 }],
  ['host must be', { host: '' }],
  ['data must be', { data: 5 }],
  ['bookmarkMs must be', { bookmarkMs: Number.NaN }],
  ['authorization must be', { authorization: 'rbac' }],
  ['token must be', { token: '' }],
  ['token must be', { token: 'a b' }],
  ['token must be', { token: 'a\nb' }],
  ['token must be', { token: 'schl\u00fcssel' }],
  ['users must be', { users: {} }],
  ['each of users', { users: [null] }],
  ['each of users', { users: [{ token: 'a' }] }],
  ['the token of the user "a"', { users: [{ name: 'a', token: 'x y' }] }],
  [
    'has the token of another user',
    {
      users: [
        { name: 'a', token: 'x' },
        { name: 'b', token: 'x' },
      ],
    },
  ],
  ['has the token of another user', { token: 'x', users: [{ name: 'a', token: 'x' }] }],
])('an option of the server is refused by its name: %s', (named, options) => {
  expect(refusal(() => createApiServer(options as never))).toMatch(new RegExp(`^ERR_APISERVER_OPTION: .*${named}`));
});

test('what cannot be gone back to, and what cannot be seeded, is refused', () => {
  const server = createApiServer();
  for (const revision of [undefined, null, Number.NaN, -1, 0, 1.5, 1e9, 'x'])
    expect(() => server.faults.goBack(revision as never)).toThrow(RangeError);
  for (const plural of [null, 5]) expect(refusal(() => server.faults.endWatches(plural as never))).toMatch(/^ERR_APISERVER_OPTION/);
  for (const objects of [undefined, null, 'x', 5, {}, [null], ['x'], [{}], [{ apiVersion: 'v1', kind: 'ConfigMap' }]])
    expect(
      refusal(() => server.seed(objects as never)),
      JSON.stringify(objects),
    ).toMatch(/^ERR_APISERVER_SEED/);
});
