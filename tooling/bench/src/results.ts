import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { cpus, totalmem } from 'node:os';
import type { ResultLine } from './table.ts';

export interface CaseResult {
  readonly name: string;
  readonly lines: readonly ResultLine[];
  readonly tables: readonly string[];
  readonly notes: readonly string[];
  readonly seconds: number;
}

interface Kept extends CaseResult {
  readonly commit: string;
  readonly date: string;
}

const folder = new URL('../', import.meta.url).pathname;
const jsonFile = `${folder}results.json`;
const markdownFile = `${folder}RESULTS.md`;
const BEGIN = '<!-- measured: written by npm run bench -- all --results -->';

export function keptResults(): readonly Kept[] {
  return existsSync(jsonFile) ? (JSON.parse(readFileSync(jsonFile, 'utf8')) as Kept[]) : [];
}

/** Puts what was measured in the place of what was measured before, benchmark by benchmark; the text above the mark in RESULTS.md stays. */
export function keepResults(results: readonly CaseResult[]): void {
  const git = (...args: string[]): string => execFileSync('git', args, { cwd: folder, encoding: 'utf8' }).trim();
  const commit =
    git('rev-parse', '--short', 'HEAD') + (git('status', '--porcelain', '--', '../../packages', '../../apps') === '' ? '' : '+changes');
  const date = new Date().toISOString().slice(0, 10);
  const all = new Map(keptResults().map((each) => [each.name, each]));
  for (const each of results) all.set(each.name, { ...each, commit, date });
  writeFileSync(jsonFile, `${JSON.stringify([...all.values()], null, 1)}\n`);
  const before = existsSync(markdownFile) ? readFileSync(markdownFile, 'utf8') : '# Results\n\n';
  const head = before.includes(BEGIN) ? before.slice(0, before.indexOf(BEGIN)) : before;
  const machine = `${cpus().length} CPUs (${cpus()[0]?.model.trim() ?? 'unknown'}), ${Math.round(totalmem() / 1e9)} GB, Linux, Node ${process.version}`;
  const parts = [...all.values()].map(
    ({ name, tables, notes, commit, date, seconds }) =>
      `## ${name}\n\nMeasured on ${date} at ${commit}, in ${seconds} s.\n\n${tables.join('\n')}\n${notes.map((note) => `- ${note}\n`).join('')}`,
  );
  writeFileSync(
    markdownFile,
    `${head}${BEGIN}\n\nThe machine: ${machine}. Medians, with the least and the most in brackets; contestants in turn, each in its own process.\n\n${parts.join('\n')}`,
  );
}
