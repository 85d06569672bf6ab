import fc from 'fast-check';
import { expect, test } from 'vitest';
import { validateObjectMeta } from '../index.ts';

const said = (meta: unknown, rules: Parameters<typeof validateObjectMeta>[1] = { namespaced: true }): string[] =>
  validateObjectMeta(meta, rules).map((error) => `${error.field}: ${error.message}`);

const subdomain =
  "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";
const label =
  "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')";
const qualified =
  "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')";

test('metadata that is in order has no errors', () => {
  expect(
    said({
      name: 'a.b-c',
      namespace: 'n',
      labels: { 'a.b/c': 'V_1', iidp: '' },
      annotations: { 'x/Y': 'any text\n' },
      finalizers: ['a.b/c', 'foo'],
      ownerReferences: [{ apiVersion: 'v1', kind: 'Pod', name: 'p', uid: 'u', controller: true }],
      creationTimestamp: null,
    }),
  ).toEqual([]);
});

test('a missing name and a bad one are told in the words of the server', () => {
  expect(said({ namespace: 'n' })).toEqual(['metadata.name: Required value: name or generateName is required']);
  expect(said({ name: 'Bad_Name', namespace: 'n' })).toEqual([`metadata.name: Invalid value: "Bad_Name": ${subdomain}`]);
  expect(said({ name: 'a'.repeat(254), namespace: 'n' })).toEqual([
    `metadata.name: Invalid value: "${'a'.repeat(254)}": must be no more than 253 characters`,
  ]);
  expect(said({ name: 'a.b' }, { namespaced: false, nameIsLabel: true })).toEqual([
    'metadata.name: Invalid value: "a.b": must not contain dots',
  ]);
  expect(said({ name: 'A' }, { namespaced: false, nameIsLabel: true })).toEqual([`metadata.name: Invalid value: "A": ${label}`]);
});

test('a bad generateName is reported on both fields, with the generated name', () => {
  expect(said({ name: 'Gen-abcde', generateName: 'Gen-', namespace: 'n' })).toEqual([
    `metadata.generateName: Invalid value: "Gen-": ${subdomain}`,
    `metadata.name: Invalid value: "Gen-abcde": ${subdomain}`,
  ]);
  expect(said({ name: 'gen-abcde', generateName: 'gen-', namespace: 'n' })).toEqual([]);
});

test('a namespace where there is none, or none where there must be one', () => {
  expect(said({ name: 'a' })).toEqual(['metadata.namespace: Required value']);
  expect(said({ name: 'a', namespace: 'n' }, { namespaced: false })).toEqual(['metadata.namespace: Forbidden: not allowed on this type']);
});

test('labels, annotations and finalizers must have qualified names, and label values are limited', () => {
  expect(said({ name: 'a', namespace: 'n', labels: { '-x': 'ok' } })).toEqual([`metadata.labels: Invalid value: "-x": ${qualified}`]);
  expect(said({ name: 'a', namespace: 'n', labels: { x: 'v'.repeat(64) } })).toEqual([
    `metadata.labels: Invalid value: "${'v'.repeat(64)}": must be no more than 63 bytes`,
  ]);
  expect(said({ name: 'a', namespace: 'n', annotations: { 'a/b/c': '' } })[0]).toContain(
    'metadata.annotations: Invalid value: "a/b/c": a valid label key must consist of',
  );
  expect(said({ name: 'a', namespace: 'n', finalizers: ['/x'] })).toEqual([
    'metadata.finalizers: Invalid value: "/x": prefix part must be non-empty',
  ]);
});

test('annotations may hold 262144 bytes in all, keys counted', () => {
  const meta = (bytes: number): unknown => ({ name: 'a', namespace: 'n', annotations: { key: 'é'.repeat((bytes - 3 - 1) / 2) + 'x' } });
  expect(said(meta(262_144))).toEqual([]);
  expect(said(meta(262_146))).toEqual(['metadata.annotations: Too long: may not be more than 262144 bytes']);
});

test('owner references must be whole, and one of them may control', () => {
  const owner = (name: string, more: object = {}): object => ({ apiVersion: 'v1', kind: 'Pod', name, uid: name, ...more });
  expect(said({ name: 'a', namespace: 'n', ownerReferences: [owner('p', { uid: '' })] })).toEqual([
    'metadata.ownerReferences.uid: Invalid value: "": must not be empty',
  ]);
  expect(
    said({ name: 'a', namespace: 'n', ownerReferences: [owner('p', { controller: true }), owner('q', { controller: true })] })[0],
  ).toContain('Only one reference can have Controller set to true. Found "true" in references for Pod/p and Pod/q');
});

test('a field of the wrong type is reported alone', () => {
  expect(said({ name: 5, namespace: 'n', labels: { '-': '' } })).toEqual([
    'metadata.name: Invalid value: "integer": metadata.name in body must be of type string: "integer"',
  ]);
});

test('no metadata makes it throw', () => {
  fc.assert(
    fc.property(fc.jsonValue(), fc.dictionary(fc.string(), fc.jsonValue()), (any, record) => {
      for (const meta of [
        any,
        { name: 'a', namespace: 'n', ...record, labels: record, annotations: { __proto__: null }, finalizers: [any] },
      ]) {
        for (const line of said(meta)) expect(line).toMatch(/^metadata/u);
      }
    }),
  );
});
