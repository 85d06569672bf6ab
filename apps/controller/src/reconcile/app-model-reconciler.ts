import { appModel, type AppModel } from '@kubecast/crd';
import { Claims, readAnnouncement, type Announcement, type Problem } from '@kubecast/model-index';
import type { ValuePublisher } from '@kubecast/redis-loader';
import type { EventRecorder, Finalizer, ReconcileContext, Result } from '@kubecast/runtime';
import { matchesLabels, type Entry, type Key, type LabelSelector, type View } from '@kubecast/store';
import type { Log } from '../log.ts';
import { checkValues, type ValueReport } from './value-check.ts';
import { removeValues, type RetentionParts } from './value-retention.ts';

export interface ReconcilerParts {
  /** All AppModels of the watched namespaces, whatever their labels. */
  readonly view: Pick<View<AppModel>, 'entry'>;
  /** Which of them this controller reconciles. */
  readonly selector: LabelSelector;
  readonly values: Pick<ValuePublisher, 'keyOf' | 'look' | 'inspect' | 'compareAndDelete'>;
  readonly retention: 'keep' | 'delete';
  readonly finalizer: Finalizer<AppModel>;
  /** Reads the object from the server, not from the view. */
  readonly read: (key: Key, signal: AbortSignal) => Promise<AppModel | undefined>;
  readonly listAll: RetentionParts['listAll'];
  readonly events: Pick<EventRecorder, 'record'>;
  readonly log: Log;
  /** Milliseconds until values that are not as announced are checked again. Default 30,000. */
  readonly recheckMs?: number;
}

export interface ReconcilerCounters {
  readonly checked: number;
  readonly valuesDeleted: number;
  readonly valuesKept: number;
  readonly finalizersReleased: number;
}

/** What is used of a run: its signal, and the check before each write that the run may still act. */
type RunContext = Pick<ReconcileContext, 'signal' | 'check'>;

/** Reconciles AppModels: checks that Redis holds the announced values, reports conflicting claims, and removes the values of deleted AppModels. */
export class AppModelReconciler {
  readonly #parts: ReconcilerParts;
  readonly #claims = new Map<string, Claims>();
  readonly #reports = new Map<string, readonly ValueReport[]>();
  /** What was last reported of each object, so that the same is not reported again. */
  readonly #said = new Map<string, string>();
  readonly #counters = { checked: 0, valuesDeleted: 0, valuesKept: 0, finalizersReleased: 0 };

  constructor(parts: ReconcilerParts) {
    this.#parts = parts;
  }

  get counters(): ReconcilerCounters {
    return { ...this.#counters };
  }

  /** The problems of announcements and claims at this moment. */
  problems(): readonly Problem[] {
    return [...this.#claims.values()].flatMap((claims) => [...claims.problems()]);
  }

  /** The reports of the last check of each AppModel. */
  *reports(): Iterable<ValueReport> {
    for (const reports of this.#reports.values()) yield* reports;
  }

  get appModels(): number {
    let count = 0;
    for (const claims of this.#claims.values()) count += claims.size;
    return count;
  }

  async reconcile(key: Key, context: RunContext): Promise<Result> {
    const entry = this.#parts.view.entry(key);
    if (entry === undefined) {
      this.#forget(key);
      return {};
    }
    const ours = matchesLabels(this.#parts.selector, entry.labels);
    if (entry.deleting) {
      this.#forget(key);
      await this.#release(entry, ours, context);
      return {};
    }
    if (!ours) {
      // The label was removed, the object was not deleted: keep its values, and remove the finalizer now, because this controller no longer sees the object.
      this.#forget(key);
      await this.#releaseFinalizer(entry.mutable(), 'it is not selected any more', context);
      return {};
    }
    const announcement = readAnnouncement(
      { namespace: key.namespace, name: key.name, uid: entry.uid, created: entry.created },
      entry.value as Parameters<typeof readAnnouncement>[1],
    );
    this.#claim(announcement);
    if (this.#parts.retention === 'delete') {
      const object = entry.mutable();
      // Add the finalizer first: a delete before it would not wait for the values to be removed.
      if (announcement.app !== undefined && !this.#parts.finalizer.has(object)) {
        context.check();
        await this.#parts.finalizer.add(object, context.signal);
      }
    } else {
      await this.#releaseFinalizer(entry.mutable(), 'values are kept (--redis-retention keep)', context);
    }
    return this.#check(key, entry, announcement, context.signal);
  }

  #claim(announcement: Announcement): void {
    let claims = this.#claims.get(announcement.namespace);
    if (claims === undefined) {
      claims = new Claims(announcement.namespace);
      this.#claims.set(announcement.namespace, claims);
    }
    claims.set(announcement);
  }

  #forget(key: Key): void {
    const claims = this.#claims.get(key.namespace);
    claims?.remove(key.name);
    if (claims?.size === 0) this.#claims.delete(key.namespace);
    this.#reports.delete(idOf(key));
    this.#said.delete(idOf(key));
  }

  async #check(key: Key, entry: Entry<AppModel>, announcement: Announcement, signal: AbortSignal): Promise<Result> {
    const reports = announcement.app === undefined ? [] : await checkValues(this.#parts.values, announcement, signal);
    this.#counters.checked += 1;
    this.#reports.set(idOf(key), reports);
    const wrong = reports.filter((report) => report.state !== 'current');
    const claims = this.#claims.get(key.namespace);
    const problems = claims === undefined ? [] : [...claims.problems()].filter((problem) => problem.appModel === key.name);
    this.#say(key, entry, wrong, problems);
    return wrong.some((report) => report.state !== 'unverified') ? { requeueAfterMs: this.#parts.recheckMs ?? 30_000 } : {};
  }

  #say(key: Key, entry: Entry<AppModel>, wrong: readonly ValueReport[], problems: readonly Problem[]): void {
    const { log, events } = this.#parts;
    const said = JSON.stringify([wrong, problems]);
    const before = this.#said.get(idOf(key));
    if (said === before || (before === undefined && wrong.length === 0 && problems.length === 0)) return;
    this.#said.set(idOf(key), said);
    const fields = { namespace: key.namespace, name: key.name };
    const regarding = { metadata: { namespace: key.namespace, name: key.name, uid: entry.uid, resourceVersion: entry.version } };
    for (const { message, state, model } of wrong) {
      log.warn({ ...fields, model, state }, message);
      events.record(appModel, regarding, {
        type: state === 'unverified' ? 'Normal' : 'Warning',
        reason: eventReason(state),
        action: 'CheckValues',
        note: message,
      });
    }
    for (const { code, message } of problems) {
      log.warn({ ...fields, code }, message);
      events.record(appModel, regarding, { type: 'Warning', reason: code, action: 'ReadAnnouncement', note: message });
    }
    if (wrong.length === 0 && problems.length === 0) {
      log.info(fields, 'Redis holds every announced version');
      events.record(appModel, regarding, {
        type: 'Normal',
        reason: 'ValuesCurrent',
        action: 'CheckValues',
        note: 'Redis holds every announced version',
      });
    }
  }

  /** Removes the values of an object that is being deleted, if retention is `delete`, and then its finalizer. */
  async #release(entry: Entry<AppModel>, ours: boolean, context: RunContext): Promise<void> {
    const { finalizer, read, retention, log, values, listAll } = this.#parts;
    const { signal } = context;
    if (!finalizer.has(entry.value as AppModel)) return;
    // Read from the server: the cached object may be older than the deletion.
    const object = await read(entry.key, signal);
    if (object === undefined || object.metadata.uid !== entry.uid || !finalizer.has(object)) return;
    const fields = { namespace: entry.key.namespace, name: entry.key.name };
    if (retention === 'delete' && ours) {
      for (const { model, key, outcome, reason } of await removeValues(object, { values, listAll, check: () => context.check() }, signal)) {
        if (outcome === 'deleted') this.#counters.valuesDeleted += 1;
        if (outcome === 'kept') this.#counters.valuesKept += 1;
        log.info(
          { ...fields, model, key, outcome, ...(reason === '' ? {} : { reason }) },
          `the value was ${outcome === 'absent' ? 'not there' : outcome}`,
        );
      }
    }
    await this.#releaseFinalizer(object, 'its values are settled', context);
  }

  async #releaseFinalizer(object: AppModel, why: string, context: RunContext): Promise<void> {
    const { finalizer, log } = this.#parts;
    if (!finalizer.has(object)) return;
    context.check();
    if (!(await finalizer.release(object, context.signal))) return;
    this.#counters.finalizersReleased += 1;
    log.info(
      { namespace: object.metadata.namespace, name: object.metadata.name, finalizer: finalizer.name, why },
      'the finalizer was released',
    );
  }
}

const idOf = (key: Key): string => `${key.namespace}/${key.name}`;

const eventReason = (state: ValueReport['state']): string =>
  ({
    current: 'ValuesCurrent',
    missing: 'ValueMissing',
    'other-version': 'ValueOfOtherVersion',
    unverified: 'ValueUnverified',
    foreign: 'ValueOfAnother',
  })[state];
