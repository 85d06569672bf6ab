import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { EmbeddedCluster, RealCluster, type TestCluster } from '@kubecast/apiserver/envtest';
import { cacheFolder, findAssets } from '@kubecast-tooling/envtest';
import { appModel, NAMESPACES, nameOf, namespaceOf } from './app-models.ts';

export interface BenchServer extends AsyncDisposable {
  /** For the table: which server it is. */
  readonly name: string;
  readonly cluster: TestCluster;
  /** BENCH_URL, BENCH_CA (a file) and BENCH_TOKEN. */
  readonly env: Readonly<Record<string, string>>;
}

const crd = new URL('../../../samples/appmodel-crd.yaml', import.meta.url).pathname;
/** Grows with whatever is seeded otherwise. */
const SEED_FORMAT = 2;

/** A server with so many AppModels: the real one where its binaries are, else the embedded one. */
export async function startBenchServer(
  objects: number,
  progress: (line: string) => void,
  options: { readonly embedded?: boolean } = {},
): Promise<BenchServer> {
  const assets = options.embedded === true ? undefined : findAssets();
  const cluster = assets === undefined ? await startEmbedded(objects, progress) : await startReal(assets, objects, progress);
  const folder = mkdtempSync(join(tmpdir(), 'kubecast-bench-'));
  const ca = join(folder, 'ca.crt');
  writeFileSync(ca, cluster.ca);
  return {
    name: assets === undefined ? 'embedded API server' : `the real API server (${basename(cacheFolder())})`,
    cluster,
    env: { BENCH_URL: cluster.url, BENCH_CA: ca, BENCH_TOKEN: cluster.token() },
    async [Symbol.asyncDispose]() {
      await cluster.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function startEmbedded(objects: number, progress: (line: string) => void): Promise<TestCluster> {
  progress(`the embedded server is filled with ${objects} AppModels`);
  const cluster = new EmbeddedCluster();
  await cluster.start();
  await cluster.installCrds([crd]);
  for (let i = 0; i < NAMESPACES; i += 1) await post(cluster, '/api/v1/namespaces', { metadata: { name: namespaceOf(i) } });
  for (let i = 0; i < objects; i += 200)
    await Promise.all(
      Array.from({ length: Math.min(200, objects - i) }, (_, j) => {
        const { metadata, ...object } = appModel(i + j) as { metadata: Record<string, unknown> };
        delete metadata['managedFields'];
        return post(cluster, `/apis/iidp.com/v1/namespaces/${namespaceOf(i + j)}/appmodels?fieldManager=appmodels-manager`, {
          ...object,
          metadata,
        });
      }),
    );
  return cluster;
}

/** Filled once, past the API server into etcd, and kept: the next run copies etcd's folder. */
async function startReal(assets: string, objects: number, progress: (line: string) => void): Promise<TestCluster> {
  const cache = join(process.env['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'kubecast', 'bench');
  const kept = join(cache, `${basename(cacheFolder())}-objects-${objects}-format-${SEED_FORMAT}`);
  const cluster = new RealCluster({ assets, readyMs: 120_000 });
  await cluster.start();
  try {
    if (existsSync(kept)) {
      progress(`etcd begins with the ${objects} AppModels that were kept`);
      await cluster.restore(kept);
    } else {
      await cluster.installCrds([crd]);
      await seedEtcd(cluster, objects, progress);
      mkdirSync(cache, { recursive: true });
      const aside = `${kept}.${process.pid}`;
      await cluster.backup(aside);
      renameSync(aside, kept);
    }
    await waitForCount(cluster, objects);
  } catch (error) {
    await cluster.stop();
    throw error;
  }
  return cluster;
}

const BATCH = 100;

async function seedEtcd(cluster: RealCluster, objects: number, progress: (line: string) => void): Promise<void> {
  const base64 = (text: string): string => Buffer.from(text).toString('base64');
  const put = async (from: number, to: number): Promise<void> => {
    const success = [];
    for (let i = from; i < to; i += 1) {
      const key = base64(`/registry/iidp.com/appmodels/${namespaceOf(i)}/${nameOf(i)}`);
      success.push({ requestPut: { key, value: base64(`${JSON.stringify(appModel(i))}\n`) } });
    }
    const answer = await fetch(`${cluster.etcdUrl}/v3/kv/txn`, {
      method: 'POST',
      body: JSON.stringify({ compare: [], success, failure: [] }),
    });
    if (!answer.ok) throw new Error(`etcd refused the seed with ${answer.status}: ${(await answer.text()).slice(0, 300)}`);
  };
  for (let i = 0; i < NAMESPACES; i += 1) await post(cluster, '/api/v1/namespaces', { metadata: { name: namespaceOf(i) } });
  for (let i = 0; i < objects; i += BATCH) {
    if (i % 20_000 === 0) progress(`seeding: ${i} of ${objects} AppModels`);
    await put(i, Math.min(objects, i + BATCH));
  }
}

async function post(cluster: TestCluster, path: string, body: unknown): Promise<void> {
  await call(cluster, 'POST', path, body);
}

/** Waits until the API server's cache is complete: until then it refuses lists and watches with 429. */
async function waitForCount(cluster: TestCluster, objects: number): Promise<void> {
  for (const end = performance.now() + 120_000; ;) {
    try {
      // From the cache, which ignores a limit: a namespace nobody has keeps the answer small, and waits all the same.
      await call(cluster, 'GET', '/apis/iidp.com/v1/namespaces/nobody/appmodels?resourceVersion=0');
      break;
    } catch (error) {
      if (performance.now() > end) throw error;
      await sleep(200);
    }
  }
  const list = (await call(cluster, 'GET', '/apis/iidp.com/v1/appmodels?limit=1')) as {
    items: unknown[];
    metadata: { remainingItemCount?: number };
  };
  const found = list.items.length + (list.metadata.remainingItemCount ?? 0);
  if (found !== objects)
    throw new Error(`the server holds ${found} AppModels, not ${objects}; remove the benchmarks' cache folder and run again`);
}

/** A small JSON client of the bench's own: what is measured must not seed itself. */
export async function call(cluster: TestCluster, method: string, path: string, body?: unknown): Promise<unknown> {
  const { request } = await import('node:https');
  const text = body === undefined ? undefined : JSON.stringify(body);
  return new Promise((resolve, reject) => {
    const sent = request(
      `${cluster.url}${path}`,
      {
        method,
        ca: cluster.ca,
        headers: {
          authorization: `Bearer ${cluster.token()}`,
          accept: 'application/json',
          ...(text === undefined ? {} : { 'content-type': 'application/json' }),
        },
      },
      (answer) => {
        let all = '';
        answer.setEncoding('utf8').on('data', (chunk: string) => (all += chunk));
        answer.on('end', () => {
          const status = answer.statusCode ?? 0;
          if (status >= 300) reject(new Error(`${method} ${path} was answered with ${status}: ${all.slice(0, 300)}`));
          else resolve(JSON.parse(all));
        });
        answer.on('error', reject);
      },
    );
    sent.on('error', reject);
    sent.end(text);
  });
}
