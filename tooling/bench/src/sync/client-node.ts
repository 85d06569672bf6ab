/** The peer: the informer of @kubernetes/client-node, with its list function, one handler and no index, which it does not have. */
import { CustomObjectsApi, KubeConfig, makeInformer, type KubernetesListObject, type KubernetesObject } from '@kubernetes/client-node';
import { caFile, path, token, url } from './connection.ts';
import { measure, settle } from './measure.ts';

const config = new KubeConfig();
config.loadFromOptions({
  clusters: [{ name: 'bench', server: url, caFile }],
  users: [{ name: 'bench', token }],
  contexts: [{ name: 'bench', cluster: 'bench', user: 'bench' }],
  currentContext: 'bench',
});
const api = config.makeApiClient(CustomObjectsApi);
const measured = measure();
const list = async (): Promise<KubernetesListObject<KubernetesObject>> =>
  (await api.listClusterCustomObject({
    group: 'iidp.com',
    version: 'v1',
    plural: 'appmodels',
    labelSelector: 'iidp=iidp',
  } as never)) as KubernetesListObject<KubernetesObject>;
const informer = makeInformer(config, path, list, 'iidp=iidp');
let handled = 0;
informer.on('add', () => void (handled += 1));
informer.on('error', (error: unknown) => {
  console.error(String(error));
  process.exit(1);
});
await informer.start();
measured.done({ objects: informer.list().length, handled });
await settle();
