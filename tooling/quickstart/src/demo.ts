import { appModel, type AppModel } from '@kubecast/crd';
import { connectionFromKubeconfig, createClient, type KubernetesClient } from '@kubecast/client';
import { appModelApi, createPublisher, type Publisher } from '@kubecast/model-index';
import { startRedis, type TestRedis } from '@kubecast/redis-loader/testing';
import { copyFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { ApiServer } from './api-server.ts';
import { Apps } from './apps.ts';
import { Backend } from './backend.ts';
import type { LogLine } from './child.ts';
import { createDemoService, DEMO_ADDRESSES, ensureNamespace } from './demo-objects.ts';
import { eventually } from './expect.ts';
import type { Flags } from './flags.ts';
import { kubeOf } from './kube.ts';
import { http } from './picture.ts';
import { RedisWatcher } from './redis-eyes.ts';
import { makeWorkdir } from './workdir.ts';
import type { Resolver, World } from './world.ts';

/** The scenario cannot wait for 300 s. */
const RESYNC_SECONDS_ONCE = '2';
const RESOLVERS: readonly string[] = ['resolver-1', 'resolver-2'];

export interface DemoEvents {
  /** One step of the start, as it happens. */
  step(line: string): void;
  log(line: LogLine): void;
  /** A process that ended though nobody asked it to. */
  died(name: string, how: string): void;
}

/** Everything that runs, and how to end it. */
export class Demo {
  readonly #flags: Flags;
  readonly #events: DemoEvents;
  readonly #undo: (() => Promise<void> | void)[] = [];
  kubeconfig = '';
  kubeconfigNote = '';
  client!: KubernetesClient;
  world!: World;
  #closing: Promise<void> | undefined;

  constructor(flags: Flags, events: DemoEvents) {
    this.#flags = flags;
    this.#events = events;
  }

  /** Starts all of it. What a failure left half started is ended by `close`. */
  async start(cancelled: AbortSignal): Promise<void> {
    const flags = this.#flags;
    const own = flags.kubeconfig === undefined;
    const workdir = makeWorkdir();
    this.#undo.push(() => workdir.remove());
    const onLog = (line: LogLine): void => this.#events.log(line);
    const onExit = (name: string, how: string): void => this.#events.died(name, how);
    const step = async <T>(what: string, body: () => Promise<T>): Promise<T> => {
      cancelled.throwIfAborted();
      const start = performance.now();
      const value = await body();
      this.#events.step(`${what} (${Math.round(performance.now() - start)} ms)`);
      return value;
    };

    let api: ApiServer | undefined;
    let redis: TestRedis | undefined;
    if (own) {
      [api, redis] = await Promise.all([
        step('the API server is ready', async () => {
          const server = new ApiServer(workdir.path, onLog, onExit);
          this.#undo.push(() => server.stop());
          await server.start();
          return server;
        }),
        step('Redis is ready', async () => {
          const started = await startRedis();
          this.#undo.push(() => started.close());
          return started;
        }),
      ]);
      this.kubeconfig = api.kubeconfig;
      if (flags.writeKubeconfig !== undefined) {
        this.kubeconfig = resolve(flags.writeKubeconfig);
        copyFileSync(api.kubeconfig, this.kubeconfig);
      }
    } else {
      this.kubeconfig = resolve(flags.kubeconfig ?? '');
    }
    const redisUrl = redis?.url ?? flags.redisUrl ?? '';
    const connection = await connectionFromKubeconfig({
      path: api?.kubeconfig ?? this.kubeconfig,
      ...(flags.context === undefined ? {} : { context: flags.context }),
    });
    const client = createClient(connection, { userAgent: 'kubecast-quickstart', budget: { perSecond: 1_000, burst: 1_000 } });
    this.client = client;
    this.#undo.push(() => client.close());
    const kube = kubeOf(client);
    const watcher = new RedisWatcher(redisUrl, RESOLVERS.length);
    this.#undo.push(() => watcher.close());
    await step(own ? `namespace ${flags.namespace} is made` : `the cluster at ${connection.server} and Redis answer`, async () => {
      await watcher.ping();
      await ensureNamespace(kube, flags.namespace);
    });

    const backends: Backend[] = [];
    const dials: string[] = [];
    if (own) {
      for (const [i, address] of DEMO_ADDRESSES.entries()) {
        const backend = new Backend(`backend-${i + 1}`);
        const port = await backend.listen();
        this.#undo.push(() => backend.close());
        backends.push(backend);
        dials.push('--dial', `${address}:80=127.0.0.1:${port}`);
      }
      await step('the sample app has a Service and two backends', () => createDemoService(kube, flags.namespace));
    }

    const apps = new Apps({
      runtime: flags.runtime,
      kubeconfig: api?.kubeconfig ?? this.kubeconfig,
      context: flags.context,
      redisUrl,
      namespace: flags.namespace,
      resolverArgs: [...dials, ...(flags.once ? ['--resync', RESYNC_SECONDS_ONCE] : [])],
      onLog,
      onExit,
    });
    this.#undo.push(() => apps.stop());
    const resolvers: Resolver[] = [];
    await Promise.all([
      step(`the controller runs on ${flags.runtime}`, () => apps.startController()),
      ...RESOLVERS.map((name) => step(`${name} runs on ${flags.runtime}`, async () => resolvers.push(await apps.startResolver(name)))),
    ]);
    resolvers.sort((a, b) => (a.name < b.name ? -1 : 1));
    await step('every resolver has its first picture', async () => {
      for (const resolver of resolvers) {
        await eventually(
          `${resolver.name} is ready`,
          async () => {
            const answer = await http(`${resolver.url}/readyz`);
            return answer.status === 200 ? undefined : answer.text;
          },
          30_000,
        );
      }
    });

    let publisher: Publisher | undefined;
    const makePublisher = (): Publisher => {
      publisher ??= createPublisher({ appModels: appModelApi(client.resource(appModel)), redis: redisUrl, namespace: flags.namespace });
      return publisher;
    };
    this.#undo.push(() => publisher?.close());

    this.world = {
      namespace: flags.namespace,
      resolvers,
      kube,
      redis: watcher,
      publish: async (object, metadata) => void (await makePublisher().publishAppModel(object as AppModel, metadata)),
      publishValues: async (object, metadata) => void (await makePublisher().publishValues(object as AppModel, metadata)),
      controllerCommand: (args) => apps.command(args),
      http,
      log: (line) => this.#events.step(line),
      ...(api && redis
        ? {
            faults: {
              stopApiServer: () => api.stop(),
              startApiServer: async () => void (await api.start()),
              stopRedis: () => redis.stop(),
              startRedis: async () => {
                await redis.start();
                // The connection that observes Redis must be open again before a step uses it.
                await eventually('Redis answers again', async () => {
                  await watcher.ping();
                  return undefined;
                });
              },
              restartController: async (args: readonly string[]) => void (await apps.startController(args)),
              backends: backends.map((backend, i) => ({ address: DEMO_ADDRESSES[i] ?? '', name: backend.name })),
            },
          }
        : {}),
    };
  }

  /** Ends everything, last started first; what fails to end does not keep the rest. Idempotent. */
  close(): Promise<void> {
    this.#closing ??= (async () => {
      for (const undo of this.#undo.reverse()) {
        try {
          await undo();
        } catch (error) {
          this.#events.step(`while ending: ${(error as Error).message}`);
        }
      }
    })();
    return this.#closing;
  }
}
