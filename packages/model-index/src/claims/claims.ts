import type { Announcement } from './announcement.ts';
import type { Problem } from './problem.ts';

/** One model whose AppModel, version or app version changed. Without `before` the model is new; without `after` it is no longer announced. */
export interface ClaimChange {
  readonly namespace: string;
  readonly model: string;
  readonly before?: Announcement;
  readonly after?: Announcement;
}

/** The winner of two conflicting claims: the older AppModel, then the first name. */
function older(a: Announcement, b: Announcement): Announcement {
  if (a.created !== b.created) return a.created < b.created ? a : b;
  return a.name <= b.name ? a : b;
}

function oldest(claimants: Iterable<Announcement> | undefined): Announcement | undefined {
  let first: Announcement | undefined;
  for (const claimant of claimants ?? []) first = first === undefined ? claimant : older(first, claimant);
  return first;
}

/** Sets under keys; an empty set is dropped. */
class Multimap {
  readonly #sets = new Map<string, Set<Announcement>>();

  add(key: string, value: Announcement): void {
    const set = this.#sets.get(key);
    if (set === undefined) this.#sets.set(key, new Set([value]));
    else set.add(value);
  }

  delete(key: string, value: Announcement): void {
    const set = this.#sets.get(key);
    set?.delete(value);
    if (set?.size === 0) this.#sets.delete(key);
  }

  get(key: string): ReadonlySet<Announcement> | undefined {
    return this.#sets.get(key);
  }

  entries(): IterableIterator<[string, ReadonlySet<Announcement>]> {
    return this.#sets.entries();
  }
}

/**
 * Which AppModel speaks for which app and model, in one namespace.
 *
 * Of the AppModels of one app the oldest counts, whole; of the apps that announce one model the oldest AppModel counts. Age is
 * creationTimestamp, then metadata.name. The answer depends on the set of objects only, never on the order in which they were seen,
 * so every pod picks the same one.
 */
export class Claims {
  readonly namespace: string;
  readonly #byName = new Map<string, Announcement>();
  readonly #byApp = new Multimap();
  readonly #byModel = new Multimap();
  readonly #apps = new Map<string, Announcement>();
  readonly #models = new Map<string, Announcement>();

  constructor(namespace: string) {
    this.namespace = namespace;
  }

  get size(): number {
    return this.#byName.size;
  }

  /** The AppModels that are known here, winners or not, by metadata.name. */
  get announcements(): ReadonlyMap<string, Announcement> {
    return this.#byName;
  }

  /** App to the AppModel that speaks for it. */
  get apps(): ReadonlyMap<string, Announcement> {
    return this.#apps;
  }

  /** Model to the AppModel that speaks for it. */
  get models(): ReadonlyMap<string, Announcement> {
    return this.#models;
  }

  /** Puts an AppModel in, or in the place of the one with its name. */
  set(announcement: Announcement): readonly ClaimChange[] {
    return this.#replace(announcement.name, announcement);
  }

  remove(name: string): readonly ClaimChange[] {
    return this.#replace(name, undefined);
  }

  #replace(name: string, next: Announcement | undefined): readonly ClaimChange[] {
    const old = this.#byName.get(name);
    const apps = new Set<string>();
    if (old?.app !== undefined) {
      this.#byApp.delete(old.app, old);
      apps.add(old.app);
    }
    if (next === undefined) this.#byName.delete(name);
    else this.#byName.set(name, next);
    if (next?.app !== undefined) {
      this.#byApp.add(next.app, next);
      apps.add(next.app);
    }
    const models = new Set<string>();
    for (const app of apps) this.#electApp(app, models);
    return [...models].flatMap((model) => this.#electModel(model));
  }

  #electApp(app: string, touched: Set<string>): void {
    const before = this.#apps.get(app);
    const after = oldest(this.#byApp.get(app));
    if (before === after) return;
    for (const model of before?.models.keys() ?? []) {
      this.#byModel.delete(model, before as Announcement);
      touched.add(model);
    }
    for (const model of after?.models.keys() ?? []) {
      this.#byModel.add(model, after as Announcement);
      touched.add(model);
    }
    if (after === undefined) this.#apps.delete(app);
    else this.#apps.set(app, after);
  }

  #electModel(model: string): ClaimChange[] {
    const before = this.#models.get(model);
    const after = oldest(this.#byModel.get(model));
    if (before === after) return [];
    if (after === undefined) this.#models.delete(model);
    else this.#models.set(model, after);
    if (before !== undefined && after !== undefined && sameAnswer(before, after, model)) return [];
    return [{ namespace: this.namespace, model, ...(before === undefined ? {} : { before }), ...(after === undefined ? {} : { after }) }];
  }

  /** The problems of each AppModel, and the claims that lost. */
  *problems(): IterableIterator<Problem> {
    for (const announcement of this.#byName.values()) yield* announcement.problems;
    for (const [app, claimants] of this.#byApp.entries()) {
      const winner = this.#apps.get(app) as Announcement;
      for (const loser of claimants) {
        if (loser !== winner) {
          yield {
            code: 'AppClaimedTwice',
            namespace: this.namespace,
            appModel: loser.name,
            app,
            message: `AppModel ${this.namespace}/${loser.name} claims the app ${JSON.stringify(app)}, which the older AppModel ${winner.name} holds; it is ignored`,
          };
        }
      }
    }
    for (const [model, claimants] of this.#byModel.entries()) {
      const winner = this.#models.get(model) as Announcement;
      for (const loser of claimants) {
        if (loser !== winner) {
          yield {
            code: 'ModelClaimedTwice',
            namespace: this.namespace,
            appModel: loser.name,
            app: loser.app as string,
            model,
            message: `AppModel ${this.namespace}/${loser.name} (app ${JSON.stringify(loser.app)}) announces the model ${JSON.stringify(model)}, which the older AppModel ${winner.name} (app ${JSON.stringify(winner.app)}) holds; that entry is ignored`,
          };
        }
      }
    }
  }
}

/** Whether an answer about the model is the same, whichever of the two speaks. */
function sameAnswer(a: Announcement, b: Announcement, model: string): boolean {
  return (
    a.app === b.app &&
    a.appVersion === b.appVersion &&
    a.name === b.name &&
    a.uid === b.uid &&
    a.models.get(model) === b.models.get(model) &&
    a.service.name === b.service.name &&
    a.service.port === b.service.port
  );
}
