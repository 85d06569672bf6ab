import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { EmbeddedCluster } from '@kubecast/apiserver/envtest';
import { parse } from 'yaml';
import type { BenchCase } from '../bench-case.ts';
import { builtContestants } from '../built.ts';
import { add, outcomeOf, type Outcome } from '../rounds.ts';
import { call } from '../server.ts';
import { cpuSecondsOf, load, type Target } from './load.ts';
import { inSurroundings, installAppModels, NAMESPACE, resolverArguments } from './resolver-under-load.ts';
import { freePort, ServerUnderLoad } from './server-process.ts';

const root = new URL('../../../../', import.meta.url).pathname;
const MODEL_PATH = `/v1/namespaces/${NAMESPACE}/models/iiot_dataservice`;
const CONNECTIONS = 32;

interface Server {
  readonly who: string;
  readonly process: ServerUnderLoad;
  readonly path: string;
}

/** The data plane: answers a second and a CPU second, and calls handed on. */
export const resolveCase: BenchCase = {
  name: 'resolve',
  measures:
    'answers of the resolver for each CPU second beside bare node:http with the same bytes; calls handed on beside nginx and undici alone',
  objects: 50_000,
  runs: 5,
  shortObjects: 2_000,
  run: ({ objects, runs, progress }) =>
    inSurroundings(async ({ folder, cluster, redis, start }) => {
      const node = (file: string, args: readonly string[], port: number, env = {}): ServerUnderLoad =>
        new ServerUnderLoad(process.execPath, [join(builtContestants(), file), ...args], port, env);
      progress('a cluster with the sample app, its value in Redis and one backend');
      const backendPort = await freePort();
      await start(node('resolve/bare-server.js', [String(backendPort)], backendPort, { BENCH_ANSWER: answer('x'.repeat(512)) }));
      await prepare(cluster, redis.url);
      const kubeconfig = join(folder, 'kubeconfig');
      cluster.writeKubeconfig(kubeconfig);
      const port = await freePort();
      const resolver = await start(
        new ServerUnderLoad(
          process.execPath,
          resolverArguments({ kubeconfig, redisUrl: redis.url, port, dials: [`192.0.2.1:80=127.0.0.1:${backendPort}`] }),
          port,
        ),
        async () => (await fetch(`http://127.0.0.1:${port}${MODEL_PATH}/call/`).catch(() => undefined))?.status === 200,
      );
      const shown = await fetch(`http://127.0.0.1:${port}${MODEL_PATH}`);
      const headers = Object.fromEntries(
        [...shown.headers].filter(([name]) => !['date', 'connection', 'keep-alive', 'content-length'].includes(name)),
      );
      const barePort = await freePort();
      const bare = await start(
        node('resolve/bare-server.js', [String(barePort)], barePort, { BENCH_ANSWER: answer(await shown.text(), headers) }),
      );
      const resolving = await rounds(
        [
          { who: 'bare node:http', process: bare, path: MODEL_PATH },
          { who: 'kubecast resolver', process: resolver, path: MODEL_PATH },
        ],
        objects,
        runs,
        progress,
      );
      const undiciPort = await freePort();
      const undici = await start(node('resolve/undici-proxy.js', [String(undiciPort), `http://127.0.0.1:${backendPort}`], undiciPort));
      const nginx = await startNginx(folder, backendPort, start);
      const path = `${MODEL_PATH}/call/`;
      const forwarding = await rounds(
        [
          { who: 'undici alone', process: undici, path },
          { who: 'kubecast resolver', process: resolver, path },
          ...(nginx === undefined ? [] : [{ who: 'nginx', process: nginx, path: '/' }]),
        ],
        Math.ceil(objects / 3),
        runs,
        progress,
      );
      const metrics = ['perCpuSecond', 'perSecond', 'p50Ms', 'p99Ms'];
      return {
        shapes: [
          { bench: 'resolve', title: `a model's answer, ${CONNECTIONS} connections`, metrics, floor: 'bare node:http' },
          { bench: 'forward', title: `a call handed on, ${CONNECTIONS} connections`, metrics, floor: 'undici alone' },
        ],
        outcomes: [resolving, forwarding],
        notes: nginx === undefined ? ['nginx is not installed: its row is left out.'] : [],
      };
    }),
};

function answer(body: string, headers: Readonly<Record<string, string>> = { 'content-type': 'text/plain' }): string {
  return JSON.stringify({ headers, body });
}

async function rounds(servers: readonly Server[], requests: number, runs: number, progress: (line: string) => void): Promise<Outcome> {
  const all = new Map<string, Map<string, number[]>>();
  for (const { process: server, path } of servers) await load({ port: server.port, path }, Math.ceil(requests / 5), CONNECTIONS);
  for (let run = 1; run <= runs; run += 1) {
    for (const { who, process: server, path } of servers) {
      progress(`run ${run} of ${runs}: ${who}`);
      const target: Target = { port: server.port, path };
      const before = cpuSecondsOf(server.pid);
      const begun = performance.now();
      const times = await load(target, requests, CONNECTIONS);
      const seconds = (performance.now() - begun) / 1000;
      add(all, who, {
        perCpuSecond: requests / Math.max(0.01, cpuSecondsOf(server.pid) - before),
        perSecond: requests / seconds,
        p50Ms: times[Math.floor(requests / 2)] as number,
        p99Ms: times[Math.floor(requests * 0.99)] as number,
      });
    }
  }
  return outcomeOf(all);
}

async function prepare(cluster: EmbeddedCluster, redisUrl: string): Promise<void> {
  await installAppModels(cluster);
  const sample = parse(readFileSync(`${root}samples/iiot.yaml`, 'utf8')) as { spec: { models: { name: string }[] } };
  await call(cluster, 'POST', `/apis/iidp.com/v1/namespaces/${NAMESPACE}/appmodels`, sample);
  await call(cluster, 'POST', `/api/v1/namespaces/${NAMESPACE}/services`, {
    metadata: { name: 'iiot' },
    spec: { ports: [{ name: 'http', port: 80, protocol: 'TCP' }] },
  });
  await call(cluster, 'POST', `/apis/discovery.k8s.io/v1/namespaces/${NAMESPACE}/endpointslices`, {
    metadata: { name: 'iiot-1', labels: { 'kubernetes.io/service-name': 'iiot' } },
    addressType: 'IPv4',
    ports: [{ name: 'http', port: 80, protocol: 'TCP' }],
    endpoints: [{ addresses: ['192.0.2.1'], conditions: { ready: true } }],
  });
  const { Redis } = await import('ioredis');
  const client = new Redis(redisUrl);
  for (const { name } of sample.spec.models)
    await client.set(
      `iiot_${name}`,
      JSON.stringify({ name, fields: Array.from({ length: 16 }, (_, index) => ({ name: `field${index}`, index })) }),
    );
  client.disconnect();
}

async function startNginx(
  folder: string,
  backendPort: number,
  start: (server: ServerUnderLoad) => Promise<ServerUnderLoad>,
): Promise<ServerUnderLoad | undefined> {
  if (spawnSync('nginx', ['-v']).error) return undefined;
  const port = await freePort();
  const file = join(folder, 'nginx.conf');
  // One process, as the others; connections to the backend are kept, as theirs are.
  writeFileSync(
    file,
    `daemon off; master_process off; error_log ${folder}/error.log; pid ${folder}/nginx.pid;
events { worker_connections 512; }
http {
  access_log off; client_body_temp_path ${folder}/b; proxy_temp_path ${folder}/p; fastcgi_temp_path ${folder}/f; uwsgi_temp_path ${folder}/u; scgi_temp_path ${folder}/s;
  keepalive_requests 10000000;
  upstream backend { server 127.0.0.1:${backendPort}; keepalive 64; keepalive_requests 10000000; }
  server { listen 127.0.0.1:${port}; location / { proxy_pass http://backend; proxy_http_version 1.1; proxy_set_header Connection ""; } }
}
`,
  );
  return start(new ServerUnderLoad('nginx', ['-c', file], port));
}
