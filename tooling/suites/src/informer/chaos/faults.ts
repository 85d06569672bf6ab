import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { RealCluster } from '@kubecast/apiserver/envtest';
import type { Churn } from './churn.ts';
import type { FaultProxy } from './fault-proxy.ts';
import type { Fleet } from './fleet.ts';
import type { Random } from './random.ts';

/** What a fault may touch. */
export interface Stage {
  readonly cluster: RealCluster;
  readonly proxy: FaultProxy;
  readonly churn: Churn;
  readonly fleet: Fleet;
  readonly random: Random;
  readonly folder: string;
  readonly rate: number;
}

export interface Fault {
  readonly kind: string;
  /** The server goes back: what is held is compared with it afterwards, at rest, and the bound is that of the restored server. */
  readonly goesBack?: boolean;
  /** Does it, and resolves when the server and the way to it are whole again: recovery counts from there. */
  inject(stage: Stage): Promise<void>;
}

const crdPath = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions/appmodels.iidp.com';

async function down(stage: Stage, seconds = 0.2 + stage.random.next() * 3): Promise<void> {
  await sleep(seconds * 1000);
}

async function up(stage: Stage): Promise<void> {
  stage.churn.api.reconnect();
  await stage.cluster.restart();
}

/** Every fault that the real servers and a network can be made to show. */
export const faults: readonly Fault[] = [
  {
    kind: 'API server killed',
    async inject(stage) {
      await stage.cluster.kill();
      await down(stage);
      await up(stage);
    },
  },
  {
    kind: 'API server killed, and silence instead of refusal',
    async inject(stage) {
      stage.proxy.freeze(true);
      await stage.cluster.kill();
      await down(stage);
      await up(stage);
      stage.proxy.thaw();
    },
  },
  {
    kind: 'etcd killed',
    async inject(stage) {
      await stage.cluster.killEtcd();
      await down(stage);
      await up(stage);
    },
  },
  {
    kind: 'API server and etcd killed',
    async inject(stage) {
      await Promise.all([stage.cluster.kill(), stage.cluster.killEtcd()]);
      await down(stage);
      await up(stage);
    },
  },
  {
    // What the informers stand at is gone from etcd and from the API server's memory: only a list brings them on.
    kind: 'compacted, and the API server restarted',
    async inject(stage) {
      stage.proxy.refuse();
      await down(stage, 2);
      await stage.cluster.compact();
      await stage.cluster.kill();
      await up(stage);
      await stage.proxy.listen();
    },
  },
  {
    kind: 'connections cut',
    async inject({ proxy, random }) {
      for (let i = 0; i < 1 + random.below(4); i += 1) {
        proxy.cut();
        await sleep(random.below(1500));
      }
    },
  },
  {
    kind: 'connections refused',
    async inject(stage) {
      stage.proxy.refuse();
      await down(stage, 1 + stage.random.next() * 8);
      await stage.proxy.listen();
    },
  },
  {
    kind: 'frozen, then thawed',
    async inject({ proxy, random }) {
      proxy.freeze();
      await sleep(500 + random.below(5000));
      proxy.thaw();
    },
  },
  {
    // Half-open: the old connections hear nothing ever again, and nobody says so.
    kind: 'frozen for good',
    inject({ proxy }) {
      proxy.freeze();
      return Promise.resolve();
    },
  },
  {
    kind: 'bytes in small pieces',
    async inject({ proxy, random }) {
      proxy.pieces(1 + random.below(64));
      await sleep(2000 + random.below(4000));
      proxy.pieces(0);
    },
  },
  {
    kind: 'schema of the CRD changed',
    async inject(stage) {
      const property = { type: 'string', default: `by default ${stage.random.below(1e6)}` };
      const path = '/spec/versions/0/schema/openAPIV3Schema/properties/spec/properties/extra';
      const { code, text } = await stage.churn.api.send(
        'PATCH',
        crdPath,
        [{ op: 'add', path, value: property }],
        'application/json-patch+json',
      );
      if (code !== 200) throw new Error(`the CRD was not changed: ${code} ${text.slice(0, 300)}`);
    },
  },
  {
    kind: 'restarted from the last file',
    inject: ({ fleet }) => fleet.restart(false),
  },
  {
    kind: 'restarted from an older file',
    inject: ({ fleet }) => fleet.restart(true),
  },
  {
    kind: 'other namespaces',
    inject({ fleet, random }) {
      fleet.rescope(random.pick([[''], ['ns-0'], ['ns-0', 'ns-1', 'ns-2', 'ns-3', 'ns-4'], ['ns-3', 'ns-4'], ['ns-2', 'ns-3']]));
      return Promise.resolve();
    },
  },
  {
    kind: 'etcd and API server restored from an older copy',
    goesBack: true,
    async inject(stage) {
      const copy = join(stage.folder, 'copy');
      rmSync(copy, { recursive: true, force: true });
      await stage.cluster.backup(copy);
      stage.churn.api.reconnect();
      stage.churn.start(stage.rate);
      // What is written from here on will be undone.
      await sleep(8000 + stage.random.below(8000));
      await stage.churn.pause();
      await stage.cluster.restore(copy);
      stage.churn.api.reconnect();
    },
  },
  {
    // The API server's memory goes on showing what was, until it is restarted: nobody can see it by reading.
    kind: 'etcd restored under the API server, which is restarted later',
    goesBack: true,
    async inject(stage) {
      const copy = join(stage.folder, 'copy');
      rmSync(copy, { recursive: true, force: true });
      await stage.cluster.backup(copy);
      stage.churn.api.reconnect();
      stage.churn.start(stage.rate);
      await sleep(8000 + stage.random.below(8000));
      await stage.churn.pause();
      await stage.cluster.restoreEtcd(copy);
      await sleep(5000);
      await stage.cluster.kill();
      await up(stage);
    },
  },
];
