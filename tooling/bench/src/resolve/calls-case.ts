import { join } from 'node:path';
import type { EmbeddedCluster } from '@kubecast/apiserver/envtest';
import type { BenchCase } from '../bench-case.ts';
import { builtContestants } from '../built.ts';
import { add, outcomeOf } from '../rounds.ts';
import { call } from '../server.ts';
import { callers } from './callers.ts';
import { inSurroundings, installAppModels, NAMESPACE, resolverArguments } from './resolver-under-load.ts';
import { freePort, ServerUnderLoad } from './server-process.ts';

const CALLERS = 50;
const WARM_UP_MS = 2_000;
const healthy = 'all of ten endpoints answer in 10 ms';

/** What each app's endpoints do: milliseconds to the answer, or never. */
const apps: ReadonlyMap<string, readonly string[]> = new Map([
  [healthy, Array.from({ length: 10 }, () => '10')],
  ['one of ten is 20 times slower', Array.from({ length: 10 }, (_, i) => (i === 4 ? '200' : '10'))],
  ['one of four hangs', Array.from({ length: 4 }, (_, i) => (i === 2 ? 'never' : '10'))],
]);

/** Calls through the resolver while an endpoint is slow, or hangs. */
export const callsCase: BenchCase = {
  name: 'calls',
  measures: `calls of ${CALLERS} callers in a closed loop while one of the endpoints is slow or hangs (--objects: milliseconds for each)`,
  objects: 12_000,
  runs: 3,
  shortObjects: 6_000,
  run: ({ objects, runs, progress }) =>
    inSurroundings(async ({ folder, cluster, redis, start }) => {
      await installAppModels(cluster);
      const dials: string[] = [];
      const served: string[] = [];
      for (const [number, delays] of [...apps.values()].entries()) {
        const addresses: string[] = [];
        for (const delay of delays) {
          const port = await freePort();
          const address = `192.0.2.${dials.length + 1}`;
          addresses.push(address);
          dials.push(`${address}:80=127.0.0.1:${port}`);
          served.push(`${port}:${delay}`);
        }
        await serve(cluster, `app${number}`, addresses);
      }
      const firstPort = Number(served[0]?.split(':')[0]);
      await start(new ServerUnderLoad(process.execPath, [join(builtContestants(), 'resolve/delayed-server.js'), ...served], firstPort));
      const all = new Map<string, Map<string, number[]>>();
      for (let run = 1; run <= runs; run += 1) {
        for (const [number, who] of [...apps.keys()].entries()) {
          progress(`run ${run} of ${runs}: ${who}`);
          // A process of its own, which knows nothing of the endpoints yet.
          const port = await freePort();
          const kubeconfig = join(folder, 'kubeconfig');
          cluster.writeKubeconfig(kubeconfig);
          const path = `/v1/namespaces/${NAMESPACE}/models/model${number}/call/`;
          const resolver = await start(
            new ServerUnderLoad(
              process.execPath,
              resolverArguments({ kubeconfig, redisUrl: redis.url, port, dials, more: ['--call-timeout', '2'] }),
              port,
            ),
            async () => (await fetch(`http://127.0.0.1:${port}/readyz`).catch(() => undefined))?.status === 200,
          );
          const { times, failed } = await callers({ port, path }, CALLERS, WARM_UP_MS + objects, WARM_UP_MS);
          add(all, who, {
            p99Ms: times[Math.floor(times.length * 0.99)] as number,
            p50Ms: times[Math.floor(times.length / 2)] as number,
            perSecond: times.length / (objects / 1000),
            failedPercent: (failed / times.length) * 100,
          });
          await resolver.stop();
        }
      }
      return {
        shapes: [
          {
            bench: 'calls',
            title: `calls of ${CALLERS} callers, call timeout 2 s, without the first ${WARM_UP_MS / 1000} s`,
            metrics: ['p99Ms', 'p50Ms', 'perSecond', 'failedPercent'],
            floor: healthy,
          },
        ],
        outcomes: [outcomeOf(all)],
      };
    }),
};

async function serve(cluster: EmbeddedCluster, app: string, addresses: readonly string[]): Promise<void> {
  await call(cluster, 'POST', `/apis/iidp.com/v1/namespaces/${NAMESPACE}/appmodels`, {
    apiVersion: 'iidp.com/v1',
    kind: 'AppModel',
    metadata: { name: app, labels: { iidp: 'iidp' } },
    spec: { app, version: '1', models: [{ name: app.replace('app', 'model'), version: '1' }] },
  });
  await call(cluster, 'POST', `/api/v1/namespaces/${NAMESPACE}/services`, {
    metadata: { name: app },
    spec: { ports: [{ name: 'http', port: 80, protocol: 'TCP' }] },
  });
  await call(cluster, 'POST', `/apis/discovery.k8s.io/v1/namespaces/${NAMESPACE}/endpointslices`, {
    metadata: { name: `${app}-1`, labels: { 'kubernetes.io/service-name': app } },
    addressType: 'IPv4',
    ports: [{ name: 'http', port: 80, protocol: 'TCP' }],
    endpoints: addresses.map((address) => ({ addresses: [address], conditions: { ready: true } })),
  });
}
