/** The peer: client-node's informer calls its handler and does not wait for it; its users get no pool and no bound. */
import { CustomObjectsApi, KubeConfig, makeInformer, type KubernetesListObject, type KubernetesObject } from '@kubernetes/client-node';
import { caFile, path, token, url } from '../sync/connection.ts';
import { settle } from '../sync/measure.ts';
import { idleMs, Latencies, wanted } from './latencies.ts';

const config = new KubeConfig();
config.loadFromOptions({
  clusters: [{ name: 'bench', server: url, caFile }],
  users: [{ name: 'bench', token }],
  contexts: [{ name: 'bench', cluster: 'bench', user: 'bench' }],
  currentContext: 'bench',
});
const api = config.makeApiClient(CustomObjectsApi);
const list = async (): Promise<KubernetesListObject<KubernetesObject>> =>
  (await api.listClusterCustomObject({
    group: 'iidp.com',
    version: 'v1',
    plural: 'appmodels',
    labelSelector: 'iidp=iidp',
  })) as KubernetesListObject<KubernetesObject>;
const informer = makeInformer(config, path, list, 'iidp=iidp');
let latencies: Latencies | undefined;
informer.on('update', (object) => void latencies?.handle(object));
informer.on('error', (error: unknown) => {
  console.error(String(error));
  setTimeout(() => void informer.start(), 1_000);
});
await informer.start();
latencies = new Latencies(wanted, idleMs);
console.log('{"ready":true}');
console.log(JSON.stringify(await latencies.done()));
await settle();
