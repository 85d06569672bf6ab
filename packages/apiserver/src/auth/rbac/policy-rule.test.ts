import { expect, test } from 'vitest';
import type { Ask } from '../ask.ts';
import { missingRights } from './coverage.ts';
import { readRules, ruleAllows, type PolicyRule } from './policy-rule.ts';

const rule = (more: Partial<PolicyRule>): PolicyRule => ({
  verbs: ['get'],
  apiGroups: [''],
  resources: [],
  resourceNames: [],
  nonResourceURLs: [],
  ...more,
});
const ask = (resource: string, more: Partial<Extract<Ask, { resource: string }>> = {}): Ask => ({
  verb: 'get',
  group: '',
  version: 'v1',
  resource,
  subresource: '',
  namespace: 'ns',
  name: '',
  ...more,
});

test('a kind does not give its subresources, and a subresource not its kind', () => {
  const pods = rule({ resources: ['pods'] });
  const status = rule({ resources: ['pods/status'] });
  expect([ruleAllows(pods, ask('pods')), ruleAllows(pods, ask('pods', { subresource: 'status' }))]).toEqual([true, false]);
  expect([ruleAllows(status, ask('pods')), ruleAllows(status, ask('pods', { subresource: 'status' }))]).toEqual([false, true]);
});

test('a star stands for every kind with its subresources, a star before a slash for that subresource of every kind', () => {
  const all = rule({ resources: ['*'] });
  const scale = rule({ resources: ['*/scale'] });
  expect([ruleAllows(all, ask('pods')), ruleAllows(all, ask('pods', { subresource: 'log' }))]).toEqual([true, true]);
  expect([ruleAllows(scale, ask('pods', { subresource: 'scale' })), ruleAllows(scale, ask('pods', { subresource: 'log' }))]).toEqual([
    true,
    false,
  ]);
  expect(ruleAllows(rule({ resources: ['pods/*'] }), ask('pods', { subresource: 'log' }))).toBe(false);
});

test('a rule with names gives nothing to what has another or none', () => {
  const named = rule({ resources: ['pods'], resourceNames: ['a', ''] });
  expect(['a', 'b'].map((name) => ruleAllows(named, ask('pods', { name })))).toEqual([true, false]);
  expect(ruleAllows(rule({ resources: ['pods'], resourceNames: ['a'] }), ask('pods'))).toBe(false);
});

test('a path is given by itself or by a star at the end, and never by a rule for kinds', () => {
  const paths = rule({ nonResourceURLs: ['/healthz', '/api/*'] });
  const at = (path: string): boolean => ruleAllows(paths, { verb: 'get', path });
  expect(['/healthz', '/healthz/etcd', '/api/v1', '/api', '/apis'].map(at)).toEqual([true, false, true, false, false]);
  expect(ruleAllows(rule({ resources: ['*'], apiGroups: ['*'] }), { verb: 'get', path: '/healthz' })).toBe(false);
});

test('rules that somebody wrote in another form give nothing', () => {
  expect(readRules('all')).toEqual([]);
  const [one] = readRules([null, { verbs: 'get', apiGroups: [7, ''], resources: { length: 1 } }]);
  expect(one).toEqual(rule({ verbs: [], apiGroups: [''] }));
});

test('what is missing is told by resource with all its verbs, and names one by one', () => {
  const owned = [rule({ verbs: ['get', 'list'], resources: ['configmaps'] }), rule({ verbs: ['*'], resources: ['*/scale'] })];
  expect(missingRights(owned, [rule({ resources: ['configmaps'], resourceNames: ['a'] }), rule({ resources: ['x/scale'] })])).toEqual([]);
  expect(missingRights(owned, [rule({ verbs: ['list', 'watch', 'update'], resources: ['configmaps'] })])).toEqual([
    '{APIGroups:[""], Resources:["configmaps"], Verbs:["watch" "update"]}',
  ]);
  expect(missingRights([rule({ resources: ['secrets'], resourceNames: ['a'] })], [rule({ resources: ['secrets'] })])).toEqual([
    '{APIGroups:[""], Resources:["secrets"], Verbs:["get"]}',
  ]);
});

test('rights on paths are told one by one', () => {
  expect(missingRights([], [rule({ verbs: ['get', 'post'], apiGroups: [], nonResourceURLs: ['/a'] })])).toEqual([
    '{NonResourceURLs:["/a"], Verbs:["get"]}',
    '{NonResourceURLs:["/a"], Verbs:["post"]}',
  ]);
});
