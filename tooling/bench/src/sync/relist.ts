/** Ours after its sync, made to list everything again with nothing changed: what that costs, and how much it takes beyond the steady state. */
import { readFileSync, writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { connectionFrom, createClient } from '@kubecast/client';
import { appModel, type AppModel } from '@kubecast/crd';
import { createInformer } from '@kubecast/informer';
import { byField } from '@kubecast/store';
import { ca, token, url } from './connection.ts';
import { measure, settle } from './measure.ts';

const informer = createInformer<AppModel>({
  type: appModel,
  client: createClient(connectionFrom({ server: url, ca, token })),
  namespaces: [''],
  labelSelector: 'iidp=iidp',
  indexes: { app: byField('spec', 'app') },
  limits: { relistMs: 5_000 },
});
let handled = 0;
let measured: ReturnType<typeof measure> | undefined;
let steadyBefore = 0;
const handler = informer.handle(() => void (handled += 1));

function memory(name: 'VmRSS' | 'VmHWM'): number {
  return Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'mu').exec(readFileSync('/proc/self/status', 'utf8'))?.[1] ?? Number.NaN) / 1024;
}

informer.start();
await informer.whenSynced();
await handler.synced;
const objects = informer.view.size;
handled = 0;
const relisted = new Promise<void>((resolve) => {
  informer.onStatus(({ state, counters }) => {
    if (state === 'Streaming' || state === 'Listing') measured ??= measure();
    else if (measured !== undefined && state === 'Watching' && counters.listsDone === 2) resolve();
  });
});
const { gc } = globalThis as { gc?: () => void };
for (let i = 0; i < 3; i += 1) {
  gc?.();
  await sleep(100);
}
steadyBefore = memory('VmRSS');
// The peak is counted from here on.
writeFileSync('/proc/self/clear_refs', '5');
if (measured !== undefined) throw new Error('the relist began before the steady state was read');
await relisted;
const peakMB = memory('VmHWM');
(measured as ReturnType<typeof measure> | undefined)?.done({ objects, handled, peakMB, peakPerSteady: peakMB / steadyBefore });
await settle();
