/**
 * `npm run test:real [-- FILE...]`: the suites on the real API server, one file after the other. Its binaries are those that
 * KUBEBUILDER_ASSETS names, else those that were built, else they are built now, where there is Go. Where there is neither, nothing can be
 * run: that is said, and fails in CI only.
 */
import { spawn, spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { buildAssets, findAssets } from '@kubecast-tooling/envtest';

const suites = join(import.meta.dirname, '..');
const files = [
  'src/kubectl/real.test.ts',
  'src/client/real.test.ts',
  'src/client/expired-list.test.ts',
  'src/informer/real.test.ts',
  'src/informer/receipt-regressed.test.ts',
  'src/informer/chaos',
  'src/model-index',
  'src/controller',
  'src/manager',
  'src/resolver',
  'src/apiserver/real.test.ts',
  'src/apiserver/observed-real.test.ts',
  'src/apiserver/structure-real.test.ts',
  'src/apiserver/differential.test.ts',
  'src/apiserver/expired.test.ts',
  'src/crd',
];

const embedded = ['src/verbs', 'src/crds', 'src/http', 'src/envtest'];

/** What must be there for the suites; undefined where it cannot be had. */
async function assets(): Promise<string | undefined> {
  const found = findAssets();
  if (found !== undefined) return found;
  if (spawnSync('go', ['version']).status !== 0) return undefined;
  return buildAssets((line) => console.error(line));
}

const wanted = process.argv.slice(2);
const folder = await assets();
if (folder === undefined) {
  const lines = [
    'NOT RUN: the suites on the real API server. There is no kube-apiserver and no etcd here, and no Go to build them with.',
    'Install Go 1.26, or name a folder that holds both in KUBEBUILDER_ASSETS. CI must have one of the two.',
  ];
  const bar = '='.repeat(Math.max(...lines.map((line) => line.length)));
  console.error([bar, ...lines, bar].join('\n'));
  process.exitCode = (process.env['CI'] ?? '') === '' ? 0 : 1;
} else {
  const run = async (root: string, paths: readonly string[], more: NodeJS.ProcessEnv): Promise<number> => {
    const args = [join(suites, '../../node_modules/vitest/vitest.mjs'), 'run', '--root', root, '--no-file-parallelism', ...paths];
    const child = spawn(process.execPath, args, {
      stdio: 'inherit',
      env: { ...process.env, KUBECAST_SERVER: 'real', KUBEBUILDER_ASSETS: folder, NODE_DISABLE_COMPILE_CACHE: '1', ...more },
    });
    return new Promise((resolve) => {
      child.once('error', (error) => {
        console.error(error.message);
        resolve(1);
      });
      child.once('close', (code) => {
        resolve(code ?? 1);
      });
    });
  };
  const ended = [await run(suites, wanted.length > 0 ? wanted : files, {})];
  // The embedded server's own tests of behaviour, and those of the test clusters, hold on the real one too.
  if (wanted.length === 0) ended.push(await run(join(suites, '../../packages/apiserver'), embedded, { KUBECAST_TEST_REAL: folder }));
  process.exitCode = Math.max(...ended);
}
