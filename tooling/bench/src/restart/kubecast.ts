/** Ours, begun from the file of an earlier run: to the first read, and to having caught up. With `--save` it makes that file. */
import * as fs from 'node:fs/promises';
import { connectionFrom, createClient } from '@kubecast/client';
import { appModel, type AppModel } from '@kubecast/crd';
import { restoreInformer } from '@kubecast/informer';
import { byField, nodeFileSystem } from '@kubecast/store';
import { nameOf, namespaceOf } from '../app-models.ts';
import { ca, token, url } from '../sync/connection.ts';
import { settle } from '../sync/measure.ts';

const client = createClient(connectionFrom({ server: url, ca, token }));
const cpu = process.cpuUsage();
const begun = performance.now();
const informer = await restoreInformer<AppModel>(
  {
    type: appModel,
    client,
    namespaces: [''],
    labelSelector: 'iidp=iidp',
    ...(process.env['BENCH_INDEX'] === undefined
      ? {}
      : {
          indexes: { app: byField('spec', 'app') },
        }),
  },
  { files: nodeFileSystem(fs), path: process.env['BENCH_FILE'] ?? '' },
);
const key = { cluster: '', namespace: namespaceOf(7), name: nameOf(7) };
const read = informer.view.get(key);
const firstReadMs = performance.now() - begun;
informer.start();
await informer.whenSynced();
while (informer.scopes().some(({ state }) => state !== 'Watching')) await new Promise((resolve) => setTimeout(resolve, 1));
const caughtUpMs = performance.now() - begun;
const { user, system } = process.cpuUsage(cpu);
if (process.argv.includes('--save')) await informer.save();
console.log(
  JSON.stringify({
    ...(read === undefined ? {} : { firstReadMs }),
    caughtUpMs,
    cpuSeconds: (user + system) / 1e6,
    objects: informer.view.size,
  }),
);
await settle();
