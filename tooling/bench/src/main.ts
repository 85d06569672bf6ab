/**
 * `npm run bench -- NAME [options]`: runs one benchmark and prints its figures. What the user adds is handed on, `--entries 10000` say.
 * Without a name it lists them.
 */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { cases } from './cases.ts';

const [name, ...more] = process.argv.slice(2);
const wanted = cases.find((each) => each.name === name);
if (!wanted) {
  if (name !== undefined && name !== '--help') {
    console.error(`There is no benchmark named ${name}.`);
    process.exitCode = 2;
  }
  console.log('npm run bench -- NAME, NAME one of:');
  for (const each of cases) console.log(`  ${each.name}: ${each.measures}`);
} else {
  const child = spawn(process.execPath, ['--expose-gc', '--conditions=@kubecast/source', join(import.meta.dirname, wanted.file), ...more], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let out = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (out += text));
  const code = await new Promise<number>((resolve) => child.on('close', (status) => resolve(status ?? 1)));
  const figures = JSON.parse(out.trim().split('\n').at(-1) || '{}') as Record<string, unknown>;
  console.table(Object.fromEntries(Object.entries(figures).map(([key, value]) => [key, { value }])));
  console.log(JSON.stringify(figures));
  if (code !== 0) process.exitCode = 1;
}
