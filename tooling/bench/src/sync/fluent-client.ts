/** The peer: the watch of kubernetes-fluent-client, which lists once and calls back for each object. It keeps no copy and cannot say when it is synced. */
import { GenericKind, K8s, RegisterKind } from 'kubernetes-fluent-client';
import { measure, settle } from './measure.ts';

class AppModel extends GenericKind {}
RegisterKind(AppModel, { group: 'iidp.com', version: 'v1', kind: 'AppModel', plural: 'appmodels' });

const wanted = Number(process.env['BENCH_OBJECTS']);
const measured = measure();
let handled = 0;
await new Promise<void>((resolve, reject) => {
  const watcher = K8s(AppModel)
    .WithLabel('iidp', 'iidp')
    .Watch(() => {
      handled += 1;
      if (handled === wanted) resolve();
    });
  watcher.start().catch(reject);
});
measured.done({ handled });
await settle();
