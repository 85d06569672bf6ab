import { cp, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { runThreadHistories } from '../testing/node-thread-histories.ts';

/** A bug, as texts that stand once in a file and what is put there instead. */
interface Planted {
  readonly name: string;
  readonly file: string;
  readonly edits: readonly (readonly [find: string, put: string])[];
  /** What the run says of it. */
  readonly says: RegExp;
}

const bugs: readonly Planted[] = [
  {
    name: 'a change is published before its record is written',
    file: 'threads/map-core.ts',
    edits: [
      [
        'this.records.name(unit, this.#made, sequence, place.slot, place.tag, place.word);',
        'const { slot, tag, word } = place;\n          const late = unit;\n          publish = () => this.records.name(late, this.#made, sequence, slot, tag, word);',
      ],
      ['    let unit = 0;\n    try {', '    let unit = 0;\n    let publish = (): void => {};\n    try {'],
      ['        unit = 0;\n        this.json', '        unit = 0;\n        publish();\n        this.json'],
    ],
    says: /./,
  },
  {
    name: 'the version is not compared',
    file: 'threads/map-core.ts',
    edits: [['return found && this.lookup.version === guard.version;', 'return found;']],
    says: /not linearizable/,
  },
  {
    name: 'a change is made over whatever stands in the log by now',
    file: 'cells/change-ring.ts',
    edits: [
      [
        'return this.#log.exchange(this.#at(sequence), (round - 1) | 0, this.#expected, round, word);',
        'this.#log.load(this.#at(sequence));\n    return this.#log.exchange(this.#at(sequence), this.#log.first, this.#log.second, round, word);',
      ],
    ],
    says: /./,
  },
  {
    name: 'the size counts a key that was written over',
    file: 'cells/change-ring.ts',
    edits: [['previous === 0 || (previous & DELETED) !== 0 ? 1 : 0', '1']],
    says: /the size is|keys of at most/,
  },
  {
    name: 'what was replaced is given up twice by two who raise the floor',
    file: 'cells/change-ring.ts',
    edits: [
      [
        'if (control.exchange(FLOOR, first, second, sequence | 0, highOf(sequence)) && replaced !== 0)',
        'control.exchange(FLOOR, first, second, sequence | 0, highOf(sequence));\n    if (replaced !== 0)',
      ],
    ],
    says: /./,
  },
];

// Within the package, so that its dependencies are found.
const place = join(import.meta.dirname, '..', '..', `.mutants-${process.pid}`);
const source = join(import.meta.dirname, '..');

beforeAll(() => mkdir(place, { recursive: true }));
afterAll(() => rm(place, { recursive: true, force: true }));

test.each(bugs)('a planted bug is found by the histories: $name', { timeout: 120_000 }, async ({ name, file, edits, says }) => {
  const folder = join(place, name.replaceAll(' ', '-'));
  await cp(source, folder, { recursive: true, filter: (path) => !path.endsWith('.test.ts') });
  let text = await readFile(join(folder, file), 'utf8');
  for (const [find, put] of edits) {
    expect(text.split(find)).toHaveLength(2);
    text = text.replace(find, () => put);
  }
  await writeFile(join(folder, file), text);
  const { faults } = await runThreadHistories({
    worker: pathToFileURL(join(folder, 'testing/node-thread-worker.ts')),
    execArgv: ['--conditions=@kubecast/source'],
    histories: 5_000,
  }).catch((error: unknown) => ({ faults: [String(error)] }));
  expect(faults[0]).toMatch(says);
});
