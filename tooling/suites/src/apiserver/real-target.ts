import { spawn, type ChildProcess } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { RunningTarget } from './embedded-target.ts';
import { Api } from './target.ts';

const versions = 'kubernetes-1.36.3-etcd-3.6.16';

/** The folder with kube-apiserver and etcd: KUBEBUILDER_ASSETS, else the cache that the build fills; undefined if there is none. */
export function realAssets(): string | undefined {
  const folder =
    process.env['KUBEBUILDER_ASSETS'] ?? join(process.env['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'kubecast', 'envtest', versions);
  return ['kube-apiserver', 'etcd'].every((name) => existsSync(join(folder, name))) ? folder : undefined;
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.on('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0));
    });
  });
}

/** Starts etcd and the real API server in a temporary folder; both end with `close`. */
export async function startReal(assets: string): Promise<RunningTarget> {
  const folder = mkdtempSync(join(tmpdir(), 'kubecast-real-'));
  const [client, peer, secure] = [await freePort(), await freePort(), await freePort()];
  const token = 'suite-token';
  const key = join(folder, 'sa.key');
  writeFileSync(key, generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey.export({ type: 'pkcs8', format: 'pem' }), {
    mode: 0o600,
  });
  writeFileSync(join(folder, 'tokens.csv'), `${token},admin,1,"system:masters"\n`, { mode: 0o600 });
  const children: ChildProcess[] = [];
  const start = (name: string, args: readonly string[]): void => {
    const child = spawn(join(assets, name), args, { stdio: 'ignore' });
    child.on('error', () => {});
    children.push(child);
  };
  const close = async (): Promise<void> => {
    await Promise.all(
      children.map(
        (child) =>
          new Promise<void>((resolve) => {
            if (child.exitCode !== null || child.signalCode !== null) return resolve();
            child.once('close', () => resolve());
            child.kill('SIGKILL');
          }),
      ),
    );
    rmSync(folder, { recursive: true, force: true });
  };
  const etcd = `http://127.0.0.1:${client}`;
  start('etcd', [
    '--unsafe-no-fsync',
    '--data-dir',
    join(folder, 'etcd'),
    '--listen-client-urls',
    etcd,
    '--advertise-client-urls',
    etcd,
    '--listen-peer-urls',
    `http://127.0.0.1:${peer}`,
    '--log-level',
    'error',
  ]);
  start('kube-apiserver', [
    '--etcd-servers',
    etcd,
    '--secure-port',
    String(secure),
    '--bind-address=127.0.0.1',
    '--cert-dir',
    folder,
    '--token-auth-file',
    join(folder, 'tokens.csv'),
    '--service-account-issuer',
    'https://suite',
    '--service-account-key-file',
    key,
    '--service-account-signing-key-file',
    key,
    '--service-cluster-ip-range=10.0.0.0/24',
    '--authorization-mode=RBAC',
    '--disable-admission-plugins=ServiceAccount',
    '--endpoint-reconciler-type=none',
  ]);
  const certificate = join(folder, 'apiserver.crt');
  for (const end = performance.now() + 60_000; performance.now() < end; await sleep(100)) {
    if (children.some((child) => child.exitCode !== null)) break;
    if (!existsSync(certificate)) continue;
    const target = { baseUrl: `https://127.0.0.1:${secure}`, ca: readFileSync(certificate, 'utf8'), token };
    const api = new Api(target);
    const ready = await api.get('/readyz').catch(() => undefined);
    api.close();
    if (ready?.code === 200) return { ...target, close };
  }
  await close();
  throw new Error(`the real API server in ${assets} was not ready within 60 s`);
}
