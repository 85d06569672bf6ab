import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';

/**
 * The numbered behaviours of kube-apiserver that the embedded server is held to, by area: how many each has. A test says in brackets at the
 * end of its name which it holds; it runs on both servers.
 */
const areas: Readonly<Record<string, readonly [what: string, behaviours: number]>> = {
  E: ['envelope of answers, errors, transport', 15],
  A: ['authentication and authorization', 6],
  D: ['discovery, health, OpenAPI', 12],
  K: ['what kubectl asks for', 10],
  T: ['Table and PartialObjectMetadata', 6],
  C: ['create', 17],
  F: ['field validation, pruning, defaulting', 6],
  V: ['life and validation of CRDs', 15],
  L: ['get and list', 13],
  W: ['watch', 14],
  U: ['update', 8],
  P: ['patch', 4],
  S: ['server-side apply', 12],
  X: ['delete', 9],
  R: ['status and scale', 2],
  B: ['built-in kinds', 7],
};

const root = join(import.meta.dirname, '../../../..');
// The first two run on both servers by their own; the tests of the embedded server in these folders run on the real one in test:real too.
const folders = [
  'tooling/suites/src/apiserver',
  'tooling/suites/src/kubectl',
  ...['verbs', 'crds', 'http'].map((name) => `packages/apiserver/src/${name}`),
];

/** What the names of tests say that they hold. */
function held(): ReadonlySet<string> {
  const ids = new Set<string>();
  for (const folder of folders)
    for (const file of readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })) {
      if (!file.endsWith('.ts') || file.endsWith('coverage.test.ts')) continue;
      const text = readFileSync(join(root, folder, file), 'utf8');
      for (const [, list = ''] of text.matchAll(/\[([A-Z]\d+(?:, [A-Z]\d+)*)\](?:['"`])/g)) for (const id of list.split(', ')) ids.add(id);
    }
  return ids;
}

test('each behaviour of the real server that is known by a number has a test on both servers, and no test names one that there is not', () => {
  const known = Object.entries(areas).flatMap(([area, [, count]]) => Array.from({ length: count }, (_, i) => `${area}${i + 1}`));
  const ids = held();
  expect(known.filter((id) => !ids.has(id))).toEqual([]);
  expect([...ids].filter((id) => !known.includes(id))).toEqual([]);
  expect(known).toHaveLength(156);
});
