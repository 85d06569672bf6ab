/**
 * `npm run proof -- NAME [options]`: runs one long proof, shows its progress, and keeps its result (commit, date, seconds, figures) in
 * tooling/proof/results/NAME.json, which is committed. Without a name it lists the proofs and their last results.
 */
import { execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { proofs } from './proofs.ts';
import { describeResult, lastJsonLine } from './result.ts';

const root = join(import.meta.dirname, '../../..');
const results = join(import.meta.dirname, '../results');
const [name, ...more] = process.argv.slice(2);

function last(proof: string): string {
  const file = join(results, `${proof}.json`);
  return existsSync(file) ? describeResult(JSON.parse(readFileSync(file, 'utf8')) as Record<string, unknown>) : 'never run';
}

const proof = proofs.find((candidate) => candidate.name === name);
if (!proof) {
  if (name !== undefined && name !== '--help') {
    console.error(`There is no proof named ${name}.`);
    process.exitCode = 2;
  }
  console.log('npm run proof -- NAME, NAME one of:');
  for (const each of proofs) console.log(`  ${each.name}: ${each.shows}\n    last: ${last(each.name)}`);
  if (proofs.length === 0) console.log('  (none yet)');
} else {
  const start = performance.now();
  const child = spawn(process.execPath, ['--expose-gc', '--conditions=@kubecast/source', join(root, proof.file), ...proof.args, ...more], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let out = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    process.stdout.write(text);
    out = (out + text).slice(-1_000_000);
  });
  const status = await new Promise<number>((resolve) => child.on('close', (code) => resolve(code ?? 1)));
  const result = lastJsonLine(out);
  const ok = status === 0 && result?.['ok'] === true;
  const git = (...args: string[]): string => execFileSync('git', args, { cwd: root, encoding: 'utf8' }).trim();
  const dirty = git('status', '--porcelain', '--', 'packages', 'apps').length > 0;
  mkdirSync(results, { recursive: true });
  const record = {
    proof: proof.name,
    ok,
    commit: git('rev-parse', '--short', 'HEAD') + (dirty ? '+changes' : ''),
    date: new Date().toISOString().slice(0, 10),
    seconds: Math.round((performance.now() - start) / 1000),
    node: process.version,
    arguments: more,
    ...result,
  };
  writeFileSync(join(results, `${proof.name}.json`), `${JSON.stringify(record, null, 2)}\n`);
  console.error(`${proof.name}: ${describeResult(record)}`);
  if (!ok) process.exitCode = 1;
}
