import { spawn } from 'node:child_process';
import { accessSync, constants, mkdirSync, renameSync, rmSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

/** What is built, by release: the real kube-apiserver, from its Go modules, with the go.mod files beside this package. */
export const RELEASES: Readonly<Record<string, { readonly version: string; readonly module: string }>> = {
  '1.36': { version: '1.36.3', module: 'kube-apiserver' },
  // For what today's server no longer shows: no streamed lists, no aggregated discovery. Older ones do not build from their modules.
  '1.24': { version: '1.24.17', module: 'kube-apiserver-1.24' },
};

const ETCD = '3.6.16';

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

function versionOf(release: string): { readonly version: string; readonly module: string } {
  const known = Object.hasOwn(RELEASES, release) ? RELEASES[release] : undefined;
  if (known === undefined) throw new Error(`there is no release ${release} to build; there are ${Object.keys(RELEASES).join(' and ')}`);
  return known;
}

/** Where the built binaries are kept: outside the tree, one folder for each pair of versions. */
export function cacheFolder(release = '1.36', env: NodeJS.ProcessEnv = process.env): string {
  const folder = `kubernetes-${versionOf(release).version}-etcd-${ETCD}`;
  return join(env['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'kubecast', 'envtest', folder);
}

/**
 * The folder that holds both binaries, or undefined. KUBEBUILDER_ASSETS, the convention of envtest's users, goes first, unless a release
 * is named.
 */
export function findAssets(release?: string, env: NodeJS.ProcessEnv = process.env): string | undefined {
  const named = release === undefined ? env['KUBEBUILDER_ASSETS'] : undefined;
  const folder = named || cacheFolder(release, env);
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
 * Builds what is missing and gives the folder. Some four minutes and 3 GB of Go caches on two cores the first time, nothing later (six minutes for 1.24).
 * A binary is put in its place only when it is whole, so a build that was cut off leaves nothing wrong behind.
 */
export async function buildAssets(progress: (line: string) => void, release = '1.36'): Promise<string> {
  const folder = cacheFolder(release);
  mkdirSync(folder, { recursive: true });
  const { version: kubernetes, module } = versionOf(release);
  const [major, minor] = kubernetes.split('.');
  const version = 'k8s.io/component-base/version';
  // Without these the server says v0.0.0, and kubectl complains.
  const flags = `-s -w -X ${version}.gitVersion=v${kubernetes} -X ${version}.gitMajor=${major} -X ${version}.gitMinor=${minor}`;
  for (const name of ['etcd', 'kube-apiserver'] as const) {
    const target = join(folder, name);
    if (executable(target)) continue;
    const partial = `${target}.${process.pid}.partial`;
    const start = performance.now();
    let packages = 0;
    let shown = start;
    progress(`building ${name} ${name === 'etcd' ? ETCD : kubernetes} from its Go modules`);
    try {
      await go(
        join(here, name === 'etcd' ? name : module),
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
