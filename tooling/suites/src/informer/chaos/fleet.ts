import * as fs from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { connectionFrom, createClient } from '@kubecast/client';
import type { KubernetesClient } from '@kubecast/client';
import { appModel } from '@kubecast/crd';
import type { AppModel } from '@kubecast/crd';
import { createInformer, restoreInformer, ServerCapabilities } from '@kubecast/informer';
import type { HandlerOptions, Informer, InformerOptions, ScopeStatus } from '@kubecast/informer';
import { systemClock } from '@kubecast/clock';
import { compareResourceVersions, nodeFileSystem } from '@kubecast/store';
import { namespaces } from './churn.ts';
import { digestOf, Mirror } from './mirror.ts';

/** One of the informers that must come through: as a pod has it, with a client of its own. */
export interface Member {
  readonly name: string;
  informer: Informer<AppModel>;
  client: KubernetesClient;
  mirrors: Mirror[];
  /** What it watches; `['']`: all. */
  scopes: readonly string[];
  readonly labelSelector?: string;
  /** Violations of mirrors and readers that are gone. */
  readonly violations: string[];
}

const inA = 'team=a';

/** Informers of every kind, all behind one address, each with handlers of every kind. */
export class Fleet {
  readonly members: Member[] = [];
  readonly reports = new Map<string, number>();
  readonly #connect: () => KubernetesClient;
  readonly #file: string;
  readonly #watching: (name: string, status: ScopeStatus) => void;

  /** @param file for the informer that is restarted from its file */
  constructor(
    server: { readonly url: () => string; readonly ca: string; readonly token: string },
    file: string,
    watching: (name: string, status: ScopeStatus) => void = () => undefined,
  ) {
    this.#connect = () => createClient(connectionFrom({ server: server.url(), ca: server.ca, token: server.token }));
    this.#file = file;
    this.#watching = watching;
  }

  async start(): Promise<void> {
    await this.#add('all', {}, [''], ['fast', 'slow', 'resync', 'throwing', 'stuck', 'filtered']);
    await this.#add('two namespaces', { namespaces: ['ns-0', 'ns-1'] }, ['ns-0', 'ns-1'], ['fast', 'slow', 'resync']);
    await this.#add('selector', { labelSelector: inA }, [''], ['fast', 'slow', 'resync']);
    const capabilities = new ServerCapabilities(systemClock);
    capabilities.refusedStreamedList(1e12);
    await this.#add('paged', { capabilities }, [''], ['fast', 'slow', 'resync']);
    await this.#add('changing scopes', { namespaces: ['ns-2', 'ns-3'] }, ['ns-2', 'ns-3'], ['fast', 'slow', 'resync']);
    await this.#add('from its file', {}, [''], ['fast', 'slow'], true);
  }

  get(name: string): Member {
    const member = this.members.find((one) => one.name === name);
    if (member === undefined) throw new Error(`no informer ${name}`);
    return member;
  }

  /** Stops the informer that keeps a file and starts it from that file, or from an older one, as after a crash. */
  async restart(crashed: boolean): Promise<void> {
    const member = this.get('from its file');
    const old = `${this.#file}.old`;
    if (crashed) await member.informer.save().then(() => fs.copyFile(this.#file, old));
    // What comes now is in the last file and not in the older one.
    if (crashed) await sleep(3000);
    await member.informer.stop();
    if (crashed) await fs.copyFile(old, this.#file);
    member.client.close();
    for (const mirror of member.mirrors) member.violations.push(...mirror.violations);
    member.client = this.#connect();
    member.informer = await this.#restored(member.name, member.client);
    member.mirrors = handlersOf(member.name, member.informer, ['fast', 'slow']);
    member.informer.start();
  }

  /** Other namespaces for the informer that changes them. */
  rescope(scopes: readonly string[]): void {
    const member = this.get('changing scopes');
    member.scopes = scopes;
    member.informer.setNamespaces(scopes);
  }

  /** What a member's view holds, read as its users do. */
  heldBy(member: Member): Map<string, string> {
    const held = new Map<string, string>();
    for (const entry of member.informer.view.select()) held.set(`${entry.key.namespace}/${entry.key.name}`, digestOf(entry));
    return held;
  }

  /** Whether a member shows a mark in each of its namespaces. */
  shows(member: Member, mark: string): boolean {
    return (member.scopes[0] === '' ? namespaces : member.scopes).every(
      (namespace) => member.informer.view.get({ cluster: '', namespace, name: 'the-mark' })?.spec?.version === mark,
    );
  }

  /** Reads random objects over and over, and says where one goes back within an epoch. */
  async readOn(signal: AbortSignal): Promise<void> {
    const seen = new Map<string, { readonly uid: string; readonly version: string; readonly epochs: string; readonly informer: unknown }>();
    while (!signal.aborted) {
      for (const member of this.members) {
        const epochs = member.informer
          .scopes()
          .map((scope) => scope.epoch)
          .join();
        for (let i = 0; i < 50; i += 1) {
          const index = Math.floor(Math.random() * 1000);
          const namespace = namespaces[index % namespaces.length] ?? '';
          const key = { cluster: '', namespace, name: `model-${String(index).padStart(6, '0')}` };
          const entry = member.informer.view.entry(key);
          if (entry === undefined) continue;
          const id = `${member.name} ${namespace}/${key.name}`;
          const before = seen.get(id);
          if (
            before?.informer === member.informer &&
            before.epochs === epochs &&
            before.uid === entry.uid &&
            compareResourceVersions(entry.version, before.version) === -1
          )
            member.violations.push(`${id}: a reader saw ${before.version}, then ${entry.version}`);
          seen.set(id, { uid: entry.uid, version: entry.version, epochs, informer: member.informer });
        }
      }
      await sleep(100, undefined, { signal }).catch(() => undefined);
    }
  }

  async stop(): Promise<void> {
    for (const member of this.members) {
      await member.informer.stop();
      member.client.close();
    }
  }

  async #add(
    name: string,
    options: Partial<InformerOptions<AppModel>>,
    scopes: readonly string[],
    handlers: readonly HandlerKind[],
    kept = false,
  ): Promise<void> {
    const client = this.#connect();
    const informer = kept
      ? await this.#restored(name, client)
      : createInformer<AppModel>({
          type: appModel,
          client,
          ...options,
          onReport: (report) => this.#reported(name, report),
        });
    const { labelSelector } = options;
    this.members.push({
      name,
      informer,
      client,
      scopes,
      violations: [],
      mirrors: handlersOf(name, informer, handlers),
      ...(labelSelector === undefined ? {} : { labelSelector }),
    });
    informer.onStatus((status) => this.#watching(name, status));
    informer.start();
  }

  async #restored(name: string, client: KubernetesClient): Promise<Informer<AppModel>> {
    const informer = await restoreInformer<AppModel>(
      { type: appModel, client, onReport: (report) => this.#reported(name, report) },
      { files: nodeFileSystem(fs), path: this.#file, everyMs: 15_000 },
    );
    return informer;
  }

  #reported(name: string, report: { readonly kind: string; readonly message: string }): void {
    const key = `${name}: ${report.kind}`;
    this.reports.set(key, (this.reports.get(key) ?? 0) + 1);
    if (report.kind === 'corrupt-object') process.stderr.write(`${key}: ${report.message}\n`);
  }
}

type HandlerKind = 'fast' | 'slow' | 'resync' | 'throwing' | 'stuck' | 'filtered';

function handlersOf(member: string, informer: Informer<AppModel>, kinds: readonly HandlerKind[]): Mirror[] {
  const slow = async (): Promise<void> => sleep(5);
  const make = (kind: HandlerKind): Mirror | undefined => {
    const named = (options: HandlerOptions<AppModel>, then?: () => void | Promise<void>): Mirror =>
      new Mirror(informer, `${member}, ${kind}`, options, then);
    switch (kind) {
      case 'fast':
        return named({});
      case 'slow':
        return named({ buffer: 256 }, slow);
      case 'resync':
        return named({ buffer: 256, overflow: 'resync' }, slow);
      case 'filtered':
        return named({ filter: (entry) => entry.labels['team'] === 'a', resyncMs: 20_000 });
      case 'throwing': {
        let calls = 0;
        return named({ onError: () => undefined }, () => {
          calls += 1;
          if (calls % 7 === 0) throw new Error('as it is meant to');
        });
      }
      case 'stuck':
        // It costs only itself: nothing is asked of what it was told.
        informer.handle(() => new Promise(() => undefined), { buffer: 64 });
        return undefined;
    }
  };
  return kinds.flatMap((kind) => make(kind) ?? []);
}
