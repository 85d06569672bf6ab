import { spawn } from 'node:child_process';
import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

// npm run record --workspace=@kubecast-tooling/differential -- NAME: runs the Go program in go/NAME, which prints the answers of the field's own code as
// JSON, and keeps them in recorded/NAME.json. The tests compare ours with what is kept, so that they need no Go.
const root = join(import.meta.dirname, '..');
const names = (await readdir(join(root, 'go'), { withFileTypes: true })).filter((entry) => entry.isDirectory()).map((entry) => entry.name);
const name = process.argv[2];
if (name === undefined || !names.includes(name)) {
  console.error(`usage: npm run record -- NAME, where NAME is one of ${names.join(', ')}`);
  process.exit(2);
}

const child = spawn('go', ['run', '.'], { cwd: join(root, 'go', name), stdio: ['ignore', 'pipe', 'inherit'] });
const chunks: Buffer[] = [];
child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk));
const status = await new Promise<number>((resolve, reject) => {
  child.on('error', (error) => reject(new Error(`go cannot be started; install Go 1.26 to record anew: ${error.message}`)));
  child.on('close', (code) => resolve(code ?? 1));
});
if (status !== 0) {
  console.error(`go run ended with status ${status}; recorded/${name}.json stays as it was`);
  process.exit(1);
}
const answers: unknown = JSON.parse(Buffer.concat(chunks).toString('utf8'));
await writeFile(join(root, 'recorded', `${name}.json`), `${JSON.stringify(answers)}\n`);
console.log(`recorded/${name}.json: ${Array.isArray(answers) ? answers.length : 1} answers`);
