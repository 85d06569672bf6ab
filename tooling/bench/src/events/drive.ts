import { Agent as HttpAgent, request as httpRequest } from 'node:http';
import type { RequestOptions } from 'node:https';
import { setTimeout as sleep } from 'node:timers/promises';
import { RealCluster, type EmbeddedCluster, type TestCluster } from '@kubecast/apiserver/envtest';
import { appModel, nameOf, namespaceOf } from '../app-models.ts';

/** Sends one batch of updates, from a number on, and ends when they are stored. */
type Send = (from: number, to: number) => Promise<void>;

/** Updates that are sent at once. */
const BATCH = 4;

/** Past the API server, whose patches would be what is measured: it hears of the change from etcd as of any other writer's. */
function throughEtcd(cluster: RealCluster, objects: number): Send {
  const base64 = (text: string): string => Buffer.from(text).toString('base64');
  const agent = new HttpAgent({ keepAlive: true, maxSockets: 64 });
  return async (from, to) => {
    await Promise.all(
      Array.from({ length: to - from }, (_, j) => {
        const i = (from + j) % objects;
        const { metadata, ...object } = appModel(i) as { metadata: { annotations: object } };
        const sent = String(performance.timeOrigin + performance.now());
        const value = JSON.stringify({
          ...object,
          metadata: { ...metadata, annotations: { ...metadata.annotations, 'bench/sent': sent } },
        });
        const key = base64(`/registry/iidp.com/appmodels/${namespaceOf(i)}/${nameOf(i)}`);
        // Each a write of its own, with a revision of its own, as the API server's are.
        return post(
          httpRequest,
          `${cluster.etcdUrl}/v3/kv/put`,
          { method: 'POST', agent },
          JSON.stringify({ key, value: base64(`${value}\n`) }),
        );
      }),
    );
  };
}

/** Into the embedded server's store, which lives in this process: its requests would be what is measured. */
function intoStore({ server }: EmbeddedCluster, objects: number): Send {
  return (from, to) => {
    for (let at = from; at < to; at += 1) {
      const { metadata, ...object } = appModel(at % objects) as { metadata: { uid: string; annotations: object } };
      const sent = String(performance.timeOrigin + performance.now());
      // What stands there was made by a request, and has a UID of its own: another would be another object.
      const { uid: _, ...kept } = metadata;
      server.seed([{ ...object, metadata: { ...kept, annotations: { ...metadata.annotations, 'bench/sent': sent } } }]);
    }
    return Promise.resolve();
  };
}

function post(call: typeof httpRequest, url: string, options: RequestOptions, body: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const sent = call(url, options, (answer) => {
      answer.resume();
      answer.once('close', () =>
        (answer.statusCode ?? 500) < 300 ? resolve() : reject(new Error(`an update was answered with ${answer.statusCode}`)),
      );
    });
    sent.once('error', reject);
    sent.end(body);
  });
}

/**
 * Updates objects in turn, so many a second (0: as fast as the server takes them), each telling the moment at which it was sent. Gives the rate
 * that was reached.
 */
export async function drive(cluster: TestCluster, objects: number, events: number, rate: number): Promise<number> {
  const send = cluster instanceof RealCluster ? throughEtcd(cluster, objects) : intoStore(cluster as EmbeddedCluster, objects);
  const state: { inFlight: number; failure?: unknown } = { inFlight: 0 };
  const begun = performance.now();
  for (let i = 0; i < events && state.failure === undefined;) {
    const due = rate === 0 ? events : Math.min(events, Math.floor(((performance.now() - begun) / 1000) * rate) + 1);
    while (i < due && state.inFlight < 16) {
      const to = Math.min(due, i + BATCH);
      state.inFlight += 1;
      send(i, to)
        .catch((error: unknown) => (state.failure = error))
        .finally(() => (state.inFlight -= 1));
      i = to;
    }
    await sleep(rate === 0 || i < due ? 0 : 1);
  }
  while (state.inFlight > 0) await sleep(1);
  if (state.failure !== undefined) throw state.failure;
  return events / ((performance.now() - begun) / 1000);
}
