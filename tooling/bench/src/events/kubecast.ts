/** Ours: the informer's own pool of 16, each handler awaiting a millisecond. */
import { connectionFrom, createClient } from '@kubecast/client';
import { appModel, type AppModel } from '@kubecast/crd';
import { createInformer } from '@kubecast/informer';
import { ca, token, url } from '../sync/connection.ts';
import { settle } from '../sync/measure.ts';
import { idleMs, Latencies, wanted } from './latencies.ts';

const client = createClient(connectionFrom({ server: url, ca, token }));
const informer = createInformer<AppModel>({ type: appModel, client, namespaces: [''], labelSelector: 'iidp=iidp' });
let latencies: Latencies | undefined;
const handler = informer.handle((delta) => (delta.type === 'updated' ? latencies?.handle(delta.entry.value as never) : undefined));
informer.start();
await informer.whenSynced();
await handler.synced;
latencies = new Latencies(wanted, idleMs);
const before = handler.counters.coalesced;
const timer = setInterval(() => latencies && (latencies.folded = handler.counters.coalesced - before), 20);
console.log('{"ready":true}');
const figures = await latencies.done();
clearInterval(timer);
// What the watch went through says why an update was missed, should one be.
const { counters } = informer.scopes()[0] ?? { counters: {} };
const told = counters as unknown as Readonly<Record<string, number>>;
console.log(JSON.stringify({ ...figures, relists: told['relists'] ?? 0, restarts: told['restarts'] ?? 0 }));
if (process.env['BENCH_VERBOSE'] !== undefined) console.error(JSON.stringify(informer.scopes()), JSON.stringify(handler.counters));
await settle();
