import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { checkPromises, type KeptPromise } from './check-promises.ts';

const root = join(import.meta.dirname, '../../..');
const read = (path: string): string | undefined => (existsSync(join(root, path)) ? readFileSync(join(root, path), 'utf8') : undefined);
const places = ['packages', 'apps'].flatMap((folder) =>
  readdirSync(join(root, folder), { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => `${folder}/${entry.name}`),
);

for (const place of places) {
  test(`each promise of the README of ${place} is kept by a test that is named`, async () => {
    const name = place.split('/')[1] ?? '';
    const table = join(import.meta.dirname, 'tables', `${name}.ts`);
    const { kept } = existsSync(table) ? ((await import(table)) as { readonly kept: readonly KeptPromise[] }) : { kept: [] };
    expect(checkPromises(read(`${place}/README.md`) ?? '', kept, read)).toEqual([]);
  });
}
