import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';

/** The tests, as `file: name`, that hold each sentence of the README that says what can be relied on. Files are found from src, or from the suites. */
const held: Readonly<Record<string, readonly string[]>> = {
  'HTTPS over HTTP/2': ['http/http2.test.ts: '],
  'Bearer tokens (one': [
    'api-server.test.ts: more users have tokens of their own',
    'auth/service-account-tokens.test.ts: a token that is bound to a Secret goes with it',
    'auth/service-account-tokens.test.ts: a token is refused once its time is over',
  ],
  'RBAC (see below)': [
    'suites/observed/authorization.ts: what nobody gave a right to is refused',
    'suites/observed/authorization.ts: the administrator asks in the name of others',
    'suites/observed/authorization.ts: a review tells who one is and what one may',
  ],
  'Discovery, plain': [
    'suites/observed/envelope.ts: discovery in one answer says what it is',
    'openapi/openapi-server.test.ts: every reference in every document is to a schema of that document',
  ],
  'CustomResourceDefinitions with': [
    'crds/crd-lifecycle.test.ts: a created CRD has its defaults at once, then its conditions in order, and is served',
    'crds/crd-lifecycle.test.ts: versions share their objects',
    'crds/crd-lifecycle.test.ts: with a scale subresource the replicas are a Scale',
  ],
  'These built-in kinds': ['suites/structure/structure.ts: ', 'suites/observed/builtin-kinds.ts: a Namespace gets its label'],
  'Create, update, delete and deletecollection': [
    'suites/observed/deletes.ts: preconditions on uid and version that do not hold are conflicts',
    'suites/observed/creates.ts: unknown and duplicate fields warn in order',
  ],
  'JSON patch, merge patch': [
    'suites/observed/patches.ts: a strategic patch merges maps',
    'suites/observed/patches.ts: a conflict of apply names each owner',
  ],
  'Lists in pages': [
    'verbs/reads/list.test.ts: pages keep the version of the first, whatever is written meanwhile',
    'verbs/reads/list.test.ts: an exact list shows the state at its version',
  ],
  'Watches that resume': [
    'verbs/reads/watch.test.ts: from a version come the events after it, none twice and none lost',
    'verbs/reads/watch.test.ts: a streamed list ends with a marked bookmark',
    'http/answers.test.ts: metadata alone is given in its two forms',
  ],
  'All kinds share one': [
    'verbs/reads/list.test.ts: a list is in the order of namespace/name with the slash included, and carries the newest version of all kinds',
  ],
  'Of concurrent updates': ['verbs/writes/update.test.ts: of concurrent updates from one version exactly one is taken'],
  'With `data`, a write': ['bin.test.ts: every write that was answered survives a kill -9 under load'],
  'An incomplete last line': [
    'api-server.test.ts: a torn last line of the journal is cut away; damage before it is refused and nothing is changed',
  ],
  'With `data`, the CA': [
    'api-server.test.ts: with a data folder a new server has the objects, the CA and the token of the old one, and versions go on',
    'auth/service-account-tokens.test.ts: tokens stay good over a restart of a server with a data folder',
  ],
  'Watches and continue tokens': ['api-server.test.ts: a watch from before a restart is expired, even from the newest version'],
  'Two servers cannot': ['bin.test.ts: two servers do not share a data folder'],
  'A watch delivers every': ['verbs/reads/watch-history.test.ts: list then watch gives what a later list gives'],
  'A client that reads slowly': ['verbs/reads/watch.test.ts: a client that reads slowly gets every event in order all the same'],
  'A body may have': ['verbs/writes/create.test.ts: a body over 3 MiB is a 413'],
  'The files in `data`': [
    'api-server.test.ts: the CA and the token are kept in files that only their owner may read',
    'api-server.test.ts: a kubeconfig names the address, the CA and the token, and only its owner may read the file',
  ],
  'Metadata of every': [
    'suites/observed/metadata-rules.ts: a finalizer of the kind',
    'suites/observed/metadata-rules.ts: labels, annotations, owners and names of the kind',
  ],
  'Events of both groups': [
    'suites/observed/events.ts: an Event of events.k8s.io must have an eventTime',
    'suites/observed/role-rules.ts: a rule of a Role names verbs',
    'suites/observed/role-rules.ts: a subject is a user, a group or a service account',
  ],
};

const readme = readFileSync(join(import.meta.dirname, '../README.md'), 'utf8');
const suites = join(import.meta.dirname, '../../../tooling/suites/src/apiserver');

/** The items of the lists under a heading. */
function items(heading: string): string[] {
  const section = readme.split(`\n## ${heading}\n`)[1]?.split('\n## ')[0] ?? '';
  return section.split('\n').filter((line) => line.startsWith('- '));
}

test('every item of the README that says what can be relied on is held by tests that there are', () => {
  const promises = [...items('What it serves'), ...items('Guarantees')].map((line) => line.slice(2));
  const known = Object.keys(held);
  expect(promises.filter((line) => !known.some((start) => line.startsWith(start)))).toEqual([]);
  expect(known.filter((start) => !promises.some((line) => line.startsWith(start)))).toEqual([]);
  for (const [start, tests] of Object.entries(held))
    for (const one of tests) {
      const [file = '', name = ''] = one.split(': ', 2);
      const path = file.startsWith('suites/') ? join(suites, file.slice('suites/'.length)) : join(import.meta.dirname, file);
      expect(readFileSync(path, 'utf8'), `${start}: ${one}`).toContain(name);
    }
});

test('every kind that is named in the README as served is served, and none more', async () => {
  const { builtinResources } = await import('./builtin/index.ts');
  const line = items('What it serves').find((item) => item.startsWith('- These built-in kinds')) ?? '';
  const lines = readme.slice(readme.indexOf(line)).split('. ')[0] ?? '';
  const named = lines
    .replace(/^[^:]*:/, '')
    .replaceAll(/\([^)]*\)/g, '')
    .split(/,| and /)
    .map((kind) => kind.trim());
  const served = builtinResources()
    .map(({ kind }) => kind)
    .filter((kind) => kind !== 'CustomResourceDefinition');
  expect([...new Set(named)].filter((kind) => kind !== '').sort()).toEqual([...new Set(served)].sort());
});
