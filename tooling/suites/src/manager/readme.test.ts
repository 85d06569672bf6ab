import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { stripTypeScriptTypes } from 'node:module';
import { join } from 'node:path';
import { connectionFrom, createClient } from '@kubecast/client';
import { configMapType } from '@kubecast/crd';
import { systemClock } from '@kubecast/clock';
import type { TestCluster } from '@kubecast/apiserver/envtest';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startServer } from '../server-under-test.ts';

const root = join(import.meta.dirname, '../../../..');
const blocks = [...readFileSync(join(root, 'packages/runtime/README.md'), 'utf8').matchAll(/^```ts\n([\s\S]*?)^```$/gmu)].map(
  (match) => match[1] ?? '',
);

let cluster: TestCluster;
let folder: string;

beforeAll(async () => {
  cluster = await startServer();
  // Among the modules, so that its imports are found; nothing there belongs to the tree.
  const modules = join(root, 'node_modules/.cache');
  mkdirSync(modules, { recursive: true });
  folder = mkdtempSync(join(modules, 'kubecast-runtime-readme-'));
  cluster.writeKubeconfig(join(folder, 'kubeconfig'));
  for (const [at, block] of blocks.entries()) {
    writeFileSync(join(folder, `block${at}.mjs`), stripTypeScriptTypes(block));
    writeFileSync(join(folder, `block${at}.ts`), block);
  }
}, 120_000);

afterAll(async () => {
  await cluster.stop();
  rmSync(folder, { recursive: true, force: true });
});

/** The README's controller as a process of its own. */
function start(block: number): {
  child: ReturnType<typeof spawn>;
  says(pattern: RegExp): Promise<void>;
  output(): string;
  ended: Promise<number | null>;
} {
  const child = spawn(process.execPath, ['--conditions=@kubecast/source', join(folder, `block${block}.mjs`)], {
    cwd: root,
    env: { ...process.env, KUBECONFIG: join(folder, 'kubeconfig') },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  let wake = Promise.withResolvers<void>();
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text;
      wake.resolve();
      wake = Promise.withResolvers();
    });
  const ended = once(child, 'close').then(([code]) => {
    wake.resolve();
    return code as number | null;
  });
  const says = async (pattern: RegExp): Promise<void> => {
    while (!pattern.test(output)) {
      if (child.exitCode !== null) throw new Error(`it ended: ${output}`);
      await wake.promise;
    }
  };
  return { child, says, output: () => output, ended };
}

test("the README's ten-line controller runs, and is gone within a second of SIGTERM", async () => {
  const client = createClient(connectionFrom({ server: cluster.url, ca: cluster.ca, token: cluster.token(), namespace: 'default' }));
  const program = start(0);
  try {
    await program.says(/"synced"/u);
    await client.resource(configMapType).create({ metadata: { name: 'seen', namespace: 'default' }, data: { a: '1' } });
    await program.says(/^seen \{ a: '1' \}$/mu);
    await client.resource(configMapType).delete('seen');
    await program.says(/^seen is gone$/mu);
    const asked = systemClock.now();
    program.child.kill('SIGTERM');
    expect(await program.ended).toBe(0);
    expect(systemClock.now() - asked).toBeLessThan(1_000);
  } finally {
    program.child.kill('SIGKILL');
    client.close();
  }
}, 60_000);

test('while the server is away the controller says so on standard error, and SIGTERM ends it all the same', async () => {
  await cluster.kill();
  const program = start(0);
  try {
    await program.says(/"level":"warn","msg":"configmaps: the API server is away; it is tried again"/u);
    const asked = systemClock.now();
    program.child.kill('SIGTERM');
    expect(await program.ended).toBe(0);
    expect(systemClock.now() - asked).toBeLessThan(1_000);
    expect(program.output()).not.toContain(cluster.token());
  } finally {
    program.child.kill('SIGKILL');
    await cluster.restart();
  }
}, 60_000);

test("the README's programs fit their types, each alone", async () => {
  expect(blocks).toHaveLength(3);
  writeFileSync(
    join(folder, 'tsconfig.json'),
    JSON.stringify({
      extends: join(root, 'tsconfig.base.json'),
      compilerOptions: {
        composite: false,
        noEmit: true,
        isolatedDeclarations: false,
        declaration: false,
        declarationMap: false,
        types: ['node'],
      },
      files: blocks.map((_, at) => `block${at}.ts`),
    }),
  );
  const compiler = spawn(process.execPath, [join(root, 'node_modules/typescript/bin/tsc'), '-p', folder], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [compiler.stdout, compiler.stderr]) stream.setEncoding('utf8').on('data', (text: string) => (output += text));
  const [code] = (await once(compiler, 'close')) as [number | null];
  expect([code, output]).toEqual([0, '']);
}, 60_000);
