import { expect, test } from 'vitest';
import { checkFloors } from './floors.ts';
import { importsOf } from './imports.ts';

const messages = (path: string, text: string): string[] => checkFloors([{ path, text }]).map((violation) => violation.message);

test('an import that goes down is fine', () => {
  expect(
    messages('packages/informer/src/a.ts', "import { b } from '@kubecast/store';\nimport type { C } from '@kubecast/client';"),
  ).toEqual([]);
});

test('an import that goes up is reported with its line', () => {
  const found = checkFloors([{ path: 'packages/store/src/a.ts', text: "\nimport type { X } from '@kubecast/informer';" }]);
  expect(found).toEqual([{ path: 'packages/store/src/a.ts', line: 2, message: expect.stringContaining('not below') }]);
});

test('a multi-line, a side-effect, an export-from and a dynamic import are seen', () => {
  const text =
    "import {\n  a,\n} from '@kubecast/x1';\nimport '@kubecast/x2';\nexport { b } from '@kubecast/x3';\nconst c = await import('@kubecast/x4');\nexport * as d from '@kubecast/x5';";
  expect(importsOf(text).map((found) => found.specifier)).toEqual([
    '@kubecast/x1',
    '@kubecast/x2',
    '@kubecast/x3',
    '@kubecast/x4',
    '@kubecast/x5',
  ]);
});

test('an import in a comment is none', () => {
  expect(importsOf("/** import { a } from '@kubecast/informer'; */\n// import 'x';\nconst a = 1;")).toEqual([]);
});

test('neighbours on one floor do not import each other', () => {
  expect(messages('packages/redis-loader/src/a.ts', "import { q } from '@kubecast/runtime';")).toHaveLength(1);
  expect(messages('packages/apiserver/src/a.test.ts', "import { q } from '@kubecast/client';")).toHaveLength(1);
});

test('apiserver is for tests: production code may not import it', () => {
  expect(messages('packages/model-index/src/a.ts', "import { createApiServer } from '@kubecast/apiserver';")).toEqual([
    'nothing in production depends on apiserver',
  ]);
  expect(messages('packages/model-index/src/a.test.ts', "import { createApiServer } from '@kubecast/apiserver';")).toEqual([]);
});

test('a relative path may not leave the package', () => {
  expect(messages('packages/client/src/a.ts', "import { k } from '../../store/src/key.ts';")).toHaveLength(1);
  expect(messages('packages/client/src/a/b.ts', "import { k } from '../c.ts';")).toEqual([]);
});

test('node: modules stand only in the adapters of portable packages', () => {
  expect(messages('packages/store/src/a.ts', "import { readFileSync } from 'node:fs';")).toHaveLength(1);
  expect(messages('packages/store/src/node-files.ts', "import { readFileSync } from 'node:fs';")).toEqual([]);
  expect(messages('packages/client/src/a.ts', "import https from 'https';")).toHaveLength(1);
});
