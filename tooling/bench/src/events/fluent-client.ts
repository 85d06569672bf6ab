/** The peer: kubernetes-fluent-client's watch, which does not wait for a handler either. */
import { GenericKind, K8s, RegisterKind } from 'kubernetes-fluent-client';
import { settle } from '../sync/measure.ts';
import { idleMs, Latencies, wanted } from './latencies.ts';

class AppModel extends GenericKind {}
RegisterKind(AppModel, { group: 'iidp.com', version: 'v1', kind: 'AppModel', plural: 'appmodels' });

const objects = Number(process.env['BENCH_OBJECTS']);
let listed = 0;
let latencies: Latencies | undefined;
await new Promise<void>((resolve, reject) => {
  K8s(AppModel)
    .WithLabel('iidp', 'iidp')
    .Watch((object, phase) => {
      if ((phase as string) === 'ADDED') {
        listed += 1;
        if (listed === objects) resolve();
      } else void latencies?.handle(object as never);
    })
    .start()
    .catch(reject);
});
latencies = new Latencies(wanted, idleMs);
console.log('{"ready":true}');
console.log(JSON.stringify(await latencies.done()));
await settle();
