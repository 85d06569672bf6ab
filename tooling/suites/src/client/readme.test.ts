import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { stripTypeScriptTypes } from 'node:module';
import { join } from 'node:path';
import { EmbeddedCluster } from '@kubecast/apiserver/envtest';
import { expect, test } from 'vitest';

const root = join(import.meta.dirname, '../../../..');

/** The TypeScript of a README, in its order: one program. */
function programOf(readme: string): string[] {
  return [...readFileSync(join(root, readme), 'utf8').matchAll(/^```ts\n([\s\S]*?)^```$/gmu)].map((match) => match[1] ?? '');
}

/** Runs a command, and gives its status and all that it wrote. */
function run(
  command: string,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<{ status: number | null; output: string }> {
  return new Promise((resolve) => {
    const child = spawn(command, args, { cwd: root, env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text: string) => (output += text));
    child.once('close', (status) => {
      resolve({ status, output });
    });
  });
}

test("the README's program does what it says, and its types fit", async () => {
  const blocks = programOf('packages/client/README.md');
  expect(blocks.length).toBeGreaterThan(8);
  const program = blocks.map((block, i) => `${block}\nconsole.log('block ${i + 1} is done');`).join('\n');
  // Among the modules, so that its imports are found; nothing there belongs to the tree.
  const modules = join(root, 'node_modules/.cache');
  mkdirSync(modules, { recursive: true });
  const folder = mkdtempSync(join(modules, 'kubecast-readme-'));
  const cluster = new EmbeddedCluster();
  try {
    await cluster.start();
    await cluster.installCrds([join(root, 'samples/appmodel-crd.yaml')]);
    const kubeconfig = join(folder, 'kubeconfig');
    cluster.writeKubeconfig(kubeconfig);
    writeFileSync(
      join(folder, 'namespace.mjs'),
      `
      import { connectionFromDefaults, createClient } from '@kubecast/client';
      import { namespaceType } from '@kubecast/crd';
      const client = createClient(await connectionFromDefaults());
      await client.resource(namespaceType).create({ metadata: { name: 'meta-test' } });
      client.close();`,
    );
    writeFileSync(join(folder, 'readme.mjs'), stripTypeScriptTypes(program));
    writeFileSync(join(folder, 'readme.ts'), program);
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
          noUnusedLocals: false,
          types: ['node'],
        },
        files: ['readme.ts'],
      }),
    );
    const condition = '--conditions=@kubecast/source';
    const env = { KUBECONFIG: kubeconfig };
    expect(await run(process.execPath, [condition, join(folder, 'namespace.mjs')], env)).toMatchObject({ status: 0 });
    const ran = await run(process.execPath, [condition, join(folder, 'readme.mjs')], env);
    expect(ran.output).toContain(`block ${blocks.length} is done`);
    expect(ran.status).toBe(0);
    expect(ran.output).toMatch(/^\.spec\.models me$/mu);
    expect(ran.output).toMatch(/^true CLIENT_STATUS 404 NotFound$/mu);
    const typed = await run(process.execPath, [join(root, 'node_modules/typescript/bin/tsc'), '-p', folder]);
    expect(typed).toEqual({ status: 0, output: '' });
  } finally {
    await cluster.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}, 60_000);
