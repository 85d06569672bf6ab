import { connectionFromKubeconfig, createClient } from '@kubecast/client';
import { configMapType } from '@kubecast/crd';
import { createManager } from '@kubecast/runtime';

// The README's controller with every part that opens something, for the tests of its end.
const manager = createManager({
  client: createClient(await connectionFromKubeconfig({ path: process.argv[2] ?? '' })),
  namespaces: ['default'],
  election: { namespace: 'default', name: 'child' },
  health: { port: 0 },
  metrics: { port: 0 },
  debug: { port: 0 },
});
manager.controller({
  name: 'configmaps',
  for: configMapType,
  reconcile: (key) => {
    manager.events.record(configMapType, { metadata: key }, { type: 'Normal', reason: 'Seen', action: 'See', note: '' });
    console.log(`reconciled ${key.name}`);
  },
});
await manager.run();
console.log('resolved');
