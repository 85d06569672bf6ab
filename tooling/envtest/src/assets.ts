import { spawn } from 'node:child_process';
import { accessSync, constants, mkdirSync, renameSync, rmSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

/** What is built: the real kube-apiserver and etcd, from their Go modules, with the go.mod files beside this package. */
export const VERSIONS = { kubernetes: '1.36.3', etcd: '3.6.16' } as const;

const BINARIES = ['kube-apiserver', 'etcd'] as const;
const here = join(import.meta.dirname, '..');

function executable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** Where the built binaries are kept: outside the tree, one folder for each pair of versions. */
export function cacheFolder(env: NodeJS.ProcessEnv = process.env): string {
  return join(
    env['XDG_CACHE_HOME'] || join(homedir(), '.cache'),
    'kubecast',
    'envtest',
    `kubernetes-${VERSIONS.kubernetes}-etcd-${VERSIONS.etcd}`,
  );
}

/** The folder that holds both binaries, or undefined. KUBEBUILDER_ASSETS, the convention of envtest's users, goes first. */
export function findAssets(env: NodeJS.ProcessEnv = process.env): string | undefined {
  const named = env['KUBEBUILDER_ASSETS'];
  const folder = named || cacheFolder(env);
  const missing = BINARIES.filter((name) => !executable(join(folder, name)));
  if (missing.length === 0) return folder;
  if (named)
    throw new Error(`KUBEBUILDER_ASSETS names ${named}, which has no executable ${missing.join(' and no ')}; unset it or put them there`);
  return undefined;
}

function go(folder: string, args: readonly string[], onLine: (line: string) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn('go', args, {
      cwd: folder,
      env: { ...process.env, CGO_ENABLED: '0', GOFLAGS: '-mod=readonly' },
      stdio: ['ignore', 'inherit', 'pipe'],
    });
    let rest = '';
    const last: string[] = [];
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      const lines = (rest + text).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) {
        last.push(line);
        if (last.length > 20) last.shift();
        onLine(line);
      }
    });
    child.on('error', (error: NodeJS.ErrnoException) =>
      reject(
        error.code === 'ENOENT'
          ? new Error('go is not on the PATH; install Go 1.26, or name a folder with kube-apiserver and etcd in KUBEBUILDER_ASSETS')
          : error,
      ),
    );
    child.on('close', (code) =>
      code === 0 ? resolve() : reject(new Error(`go ${args[0]} in ${folder} ended with status ${code}:\n${last.join('\n')}`)),
    );
  });
}

/**
 * Builds what is missing and gives the folder. Some four minutes and 3 GB of Go caches on two cores the first time, nothing later.
 * A binary is put in its place only when it is whole, so a build that was cut off leaves nothing wrong behind.
 */
export async function buildAssets(progress: (line: string) => void): Promise<string> {
  const folder = cacheFolder();
  mkdirSync(folder, { recursive: true });
  const [major, minor] = VERSIONS.kubernetes.split('.');
  const version = 'k8s.io/component-base/version';
  // Without these the server says v0.0.0, and kubectl complains.
  const flags = `-s -w -X ${version}.gitVersion=v${VERSIONS.kubernetes} -X ${version}.gitMajor=${major} -X ${version}.gitMinor=${minor}`;
  for (const name of ['etcd', 'kube-apiserver'] as const) {
    const target = join(folder, name);
    if (executable(target)) continue;
    const partial = `${target}.${process.pid}.partial`;
    const start = performance.now();
    let packages = 0;
    let shown = start;
    progress(`building ${name} ${name === 'etcd' ? VERSIONS.etcd : VERSIONS.kubernetes} from its Go modules`);
    try {
      await go(
        join(here, name),
        ['build', '-v', '-trimpath', '-buildvcs=false', '-ldflags', name === 'etcd' ? '-s -w' : flags, '-o', partial, '.'],
        () => {
          packages += 1;
          if (performance.now() - shown < 5_000) return;
          shown = performance.now();
          progress(`  ${packages} packages, ${Math.round((shown - start) / 1000)} s`);
        },
      );
      renameSync(partial, target);
    } finally {
      rmSync(partial, { force: true });
    }
    progress(`built ${name} in ${Math.round((performance.now() - start) / 1000)} s`);
  }
  return folder;
}
