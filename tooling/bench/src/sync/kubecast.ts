/** Ours as its users run it: a typed informer with the hot tier, an index and a handler. */
import { connectionFrom, createClient } from '@kubecast/client';
import { appModel, type AppModel } from '@kubecast/crd';
import { createInformer } from '@kubecast/informer';
import { byField } from '@kubecast/store';
import { ca, token, url } from './connection.ts';
import { measure, settle } from './measure.ts';

const client = createClient(connectionFrom({ server: url, ca, token }));
const measured = measure();
const informer = createInformer<AppModel>({
  type: appModel,
  client,
  namespaces: [''],
  labelSelector: 'iidp=iidp',
  indexes: { app: byField('spec', 'app') },
});
let handled = 0;
const handler = informer.handle(() => void (handled += 1));
informer.start();
await informer.whenSynced();
await handler.synced;
measured.done({ objects: informer.view.size, handled });
await settle();
