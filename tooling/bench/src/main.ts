/**
 * `npm run bench -- NAME [--objects N] [--runs N] [--json] [--short]`: runs one benchmark, or `all`, and prints its tables. Without a name it lists
 * them. Progress goes to stderr; `--json` prints one object a line instead of the tables. `--results` writes what was measured into RESULTS.json
 * and RESULTS.md beside this folder, `report` draws the plots from them.
 */
import { parseArgs } from 'node:util';
import { checkBounds } from './bounds.ts';
import { cases } from './cases.ts';
import { keepResults, type CaseResult } from './results.ts';
import { drawReport } from './report.ts';
import { resultLines, tableOf } from './table.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    objects: { type: 'string' },
    runs: { type: 'string' },
    json: { type: 'boolean', default: false },
    short: { type: 'boolean', default: false },
    results: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});
const [name] = positionals;

function count(flag: 'objects' | 'runs', fallback: number): number {
  const text = values[flag];
  if (text === undefined) return fallback;
  if (!/^[1-9]\d*$/u.test(text)) throw new Error(`--${flag} is ${JSON.stringify(text)}; it takes a whole number above 0`);
  return Number(text);
}

const wanted = name === 'all' ? cases.filter(({ onlyLong }) => !(values.short && onlyLong)) : cases.filter((each) => each.name === name);
if (name === 'report') drawReport();
else if (wanted.length === 0 || values.help) {
  if (name !== undefined && !values.help) {
    console.error(`There is no benchmark named ${name}.`);
    process.exitCode = 2;
  }
  console.log('npm run bench -- NAME [--objects N] [--runs N] [--json] [--short] [--results], NAME one of:');
  for (const each of cases) console.log(`  ${each.name}: ${each.measures} (--objects ${each.objects} --runs ${each.runs})`);
  console.log('  all: each of them\n  report: the plots of the results that were kept');
} else {
  const failures: string[] = [];
  const begun = performance.now();
  for (const each of wanted) {
    const start = performance.now();
    const progress = (line: string): void => console.error(`[${Math.round((performance.now() - begun) / 1000)} s] ${each.name}: ${line}`);
    try {
      const {
        shapes,
        outcomes,
        notes = [],
      } = await each.run({
        objects: count('objects', values.short ? (each.shortObjects ?? 1_000) : each.objects),
        runs: count('runs', values.short ? 1 : each.runs),
        short: values.short,
        progress,
      });
      const lines = shapes.flatMap((shape, i) => resultLines(shape, outcomes[i] ?? new Map()));
      const tables = shapes.map((shape, i) => tableOf(shape, outcomes[i] ?? new Map()));
      if (values.json) for (const line of lines) console.log(JSON.stringify(line));
      else console.log([...tables, ...notes, ''].join('\n'));
      // One by one: a run that is cut off keeps what it has.
      const result: CaseResult = { name: each.name, lines, tables, notes, seconds: Math.round((performance.now() - start) / 1000) };
      if (values.results) keepResults([result]);
      if (values.short) failures.push(...checkBounds(each.name, lines));
    } catch (error) {
      failures.push(`${each.name} did not run: ${error instanceof Error ? error.message : String(error)}`);
      progress(failures.at(-1) ?? '');
    }
  }
  for (const failure of failures) console.error(failure);
  if (values.short && failures.length === 0) console.error(`${wanted.length} benchmarks ran, and no ratio is beyond its bound`);
  if (failures.length > 0) process.exitCode = 1;
}
