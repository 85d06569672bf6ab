import type { ResourceSource } from '@kubecast/client';
import { TimeSlice } from '@kubecast/clock';
import type { Clock } from '@kubecast/clock';
import { compareResourceVersions } from '@kubecast/store';
import type { ReflectorState } from '../contract/informer.ts';
import type { ReflectorLimits } from '../contract/limits.ts';
import { newReflectorCounters } from '../contract/reflector-report.ts';
import type { ReflectorCounters, ReflectorReport } from '../contract/reflector-report.ts';
import type { ServerCapabilities } from '../contract/server-capabilities.ts';
import { Fault, programFault } from '../server/fault.ts';
import type { FaultKind } from '../server/fault.ts';
import { SchemaFingerprint } from '../server/schema-fingerprint.ts';
import { ServerProbe } from '../server/server-probe.ts';
import { WatchStream } from '../server/watch-stream.ts';
import { WrittenBelow } from '../server/written-below.ts';
import { followWatch } from './live-watch.ts';
import { Lister } from './lister.ts';
import { countsAsFruitless, FaultRuns, nextStep, RetryDelays } from './next-step.ts';
import { ObjectReader } from './object-reader.ts';
import type { ListEnd, ReadingParts } from './object-reader.ts';
import { Position } from './position.ts';
import type { PositionOptions } from './position.ts';
import type { ReflectorSink } from './reflector-sink.ts';
import { RelistSchedule } from './relist-schedule.ts';

export interface ReflectorOptions extends PositionOptions {
  readonly source: ResourceSource;
  readonly sink: ReflectorSink;
  readonly clock: Clock;
  readonly limits: ReflectorLimits;
  readonly capabilities: ServerCapabilities;
  /** What each object must be, where it says what it is. */
  readonly expected?: { readonly kind: string; readonly apiVersion: string };
  readonly labelSelector?: string;
  readonly fieldSelector?: string;
  /** After each change of state. */
  readonly onState: () => void;
  /** After each event, bookmark and list: the version moved. Called often. */
  readonly onProgress: () => void;
  readonly onReport: (report: ReflectorReport) => void;
}

/** A watch that lived for this long saw a bookmark, where there was one to see: what it did not tell did not happen. */
const LIVED_MS = 60_000;
/** A watch that something on the way cuts for its silence is resumed at once, if it lived for this long. */
const RESUMED_AT_ONCE_MS = 10_000;

/**
 * Follows one resource in one scope: a complete list, then the watch from there, for ever. Every failure is a state with a reason and a time; the
 * signal ends it, and a client that was closed. `Position` says where it stands, `nextStep` what follows a fault.
 */
export class Reflector {
  readonly counters: ReflectorCounters = newReflectorCounters();
  readonly #o: ReflectorOptions;
  readonly #position: Position;
  readonly #parts: ReadingParts;
  readonly #lister: Lister;
  readonly #probe: ServerProbe;
  readonly #schema: SchemaFingerprint;
  readonly #schedule: RelistSchedule;
  readonly #doubt = new WrittenBelow();
  readonly #runs = new FaultRuns();
  readonly #delays: RetryDelays;
  #state: ReflectorState = 'Idle';
  #reason = 'not started';
  #since: number;
  #lastHeard = -Infinity;
  #wake: AbortController | undefined;
  /** The stream of a streamed list that is complete, until the watch takes it over. */
  #goesOn: WatchStream | undefined;
  /** The last step was taken: nothing is tried any more, and the state stays. */
  #over = false;
  #failure: Fault | undefined;
  /** What the watch came to that the fault ended, which is dealt with next. */
  #watched: Watched | undefined;

  constructor(options: ReflectorOptions) {
    this.#o = options;
    const { source, sink, clock, limits, labelSelector, fieldSelector, resume } = options;
    this.#since = clock.now();
    this.#position = new Position(options);
    this.#schedule = new RelistSchedule(clock, limits);
    this.#delays = new RetryDelays(clock, limits);
    const { counters } = this;
    this.#parts = {
      source,
      sink,
      clock,
      limits,
      counters,
      position: this.#position,
      selectors: { ...(labelSelector ? { labelSelector } : {}), ...(fieldSelector ? { fieldSelector } : {}) },
      objects: new ObjectReader(options.expected, counters, options.onReport, () => this.#schedule.skipped()),
      slice: new TimeSlice(clock, limits.sliceMs, () => (counters.yields += 1)),
      onReport: options.onReport,
      onHeard: () => (this.#lastHeard = clock.now()),
      idleWait: (heardAt) => this.#idleWait(heardAt),
    };
    this.#lister = new Lister(this.#parts, options.capabilities, {
      onState: (state, reason) => this.#set(state, reason),
      wakeable: (signal) => this.#wakeable(signal),
      watchSeconds: () => this.#watchSeconds(),
    });
    this.#schema = new SchemaFingerprint(source, clock, limits.formLagMs);
    this.#probe = new ServerProbe(source, clock, counters, this.#parts.idleWait);
    if (!this.#position.synced || resume === undefined) return;
    if (resume.savedAt !== undefined) {
      this.#state = 'Stale';
      this.#reason = `from a file that was saved at ${new Date(resume.savedAt).toISOString()}`;
    }
    if (resume.damaged) this.#schedule.skipped();
  }

  get state(): ReflectorState {
    return this.#state;
  }
  get reason(): string {
    return this.#reason;
  }
  get since(): number {
    return this.#since;
  }
  /** The newest version known to be reached; `''` before the first list. */
  get version(): string {
    return this.#position.version;
  }
  /** Whether a complete list stands in the view. */
  get synced(): boolean {
    return this.#position.synced;
  }
  /** Whether objects were skipped that a list has not brought since. */
  get damaged(): boolean {
    return this.#schedule.holes;
  }
  /** Grows when the server is found to have gone back. */
  get epoch(): number {
    return this.#position.epoch;
  }
  /** Clock.now() of the last event, bookmark or list page; -Infinity before the first. */
  get lastHeard(): number {
    return this.#lastHeard;
  }

  /** The fault after which nothing is tried any more; undefined while it goes on. */
  get failure(): Fault | undefined {
    return this.#failure;
  }

  /** Runs until the signal is aborted. Never rejects. */
  async run(signal: AbortSignal): Promise<void> {
    const { limits, clock } = this.#o;
    if (limits.startJitterMs > 0) await this.#sleep(limits.startJitterMs * clock.random(), signal);
    while (!signal.aborted) {
      const listing = this.#position.need === 'list';
      try {
        if (listing) await this.#list(signal);
        else await this.#watch(signal);
      } catch (error) {
        if (signal.aborted) break;
        this.#over = await this.#recover(programFault(error), listing, signal);
        if (this.#over) await aborted(signal);
      }
    }
    this.#goesOn?.close();
    this.#set('Stopped', 'stopped by its owner');
  }

  /**
   * Tells that the server answered a write with a version below `seen`, which was seen before the write began: it went back. Where the stream
   * itself shows nothing (an API server that lives on over a restored etcd), this is the only sign, and its lists still show what is gone. So
   * the newest state is asked for until it stands below `seen`, or moves on from where it stood still.
   */
  regressed(seen: string, reason: string): void {
    if (this.#over) return;
    this.#doubt.sign(seen);
    this.#goBack(reason);
    this.#wake?.abort(new Fault('regressed', reason));
  }

  /** Tells that objects are missing in the view that the server may have: it is listed again, at once. */
  repair(reason: string): void {
    this.#schedule.now();
    this.#wake?.abort(new Fault('relist', reason));
  }

  async #list(signal: AbortSignal): Promise<void> {
    const { clock } = this.#o;
    const begun = clock.now();
    this.#schedule.listing();
    this.#goesOn?.close();
    this.#goesOn = undefined;
    try {
      // A question that costs the server nothing comes before a whole list that may be its old state.
      if (this.#doubt.some) this.#doubt.believe(await this.#probe.newest(this.#wakeable(signal)));
      await this.#schema.note(signal);
      await this.#take(await this.#lister.read(signal), signal);
    } finally {
      this.counters.listSeconds += (clock.now() - begun) / 1000;
    }
  }

  /** The last act of a list: what it ended in is judged, swapped in, and only then moves the position. */
  async #take(end: ListEnd & { readonly stream?: WatchStream }, signal: AbortSignal): Promise<void> {
    if (end.kind === 'fault') throw end.fault;
    const { collection, version, skipped } = end;
    let tell: () => Promise<void>;
    try {
      signal.throwIfAborted();
      this.#doubt.believe(version);
      const refused = this.#position.judge(version);
      if (refused !== undefined) throw refused;
      tell = collection.swap(version, this.#position.regressing ? 'regressed' : 'relist', skipped > 0);
    } catch (error) {
      collection.abort();
      end.stream?.close();
      throw error;
    }
    this.#position.took(version);
    this.#goesOn = end.stream;
    this.#lister.taken();
    this.#doubt.settled();
    this.#runs.over();
    this.#lastHeard = this.#o.clock.now();
    this.#schedule.listed(skipped === 0);
    this.counters.listsDone += 1;
    await tell();
    this.#o.onProgress();
  }

  async #watch(signal: AbortSignal): Promise<void> {
    const resumed = this.#goesOn;
    this.#goesOn = undefined;
    const interrupted = resumed === undefined && this.#position.unproven;
    if (interrupted) {
      await this.#prove(signal);
      await this.#schema.check(signal);
    }
    const { clock } = this.#o;
    const before = this.#position.version;
    this.#set('Watching', resumed === undefined ? `resumed at ${before}` : 'the streamed list goes on as the watch');
    const over = new AbortController();
    let stream = resumed;
    const begun = stream?.begun ?? clock.now();
    try {
      stream ??= this.#open(before, signal);
      if (interrupted) this.#schema.checkLater(AbortSignal.any([signal, over.signal]), (fault) => this.#wake?.abort(fault));
      stream.heardAt = clock.now();
      await followWatch(this.#parts, stream, signal, (version) => this.#heard(version));
      this.#ended(clock.now() - begun, stream.seconds, this.#position.version !== before);
    } catch (error) {
      this.#watched = { livedMs: clock.now() - begun, moved: this.#position.version !== before };
      throw error;
    } finally {
      over.abort();
      stream?.close();
    }
  }

  #open(version: string, signal: AbortSignal): WatchStream {
    const { source, clock } = this.#o;
    this.counters.watches += 1;
    return new WatchStream(
      source,
      { ...this.#parts.selectors, resourceVersion: version, allowWatchBookmarks: true },
      this.#watchSeconds(),
      clock,
      this.#wakeable(signal),
    );
  }

  #heard(version: string): void {
    this.#lastHeard = this.#o.clock.now();
    this.#position.heard(version);
    this.#runs.over();
    this.#o.onProgress();
  }

  async #prove(signal: AbortSignal): Promise<void> {
    const held = this.#position.version;
    const shown = await this.#probe.prove(held, this.#wakeable(signal));
    if ('refused' in shown) this.#o.onReport({ kind: 'probe-refused', message: shown.refused });
    else if (compareResourceVersions(shown.newest, held) === 0) this.#schedule.upToDate();
    this.#position.proven();
    this.#runs.over('too-large');
  }

  /** A clean end. One that came at once is a failure, and one that came before its time may mean another server. */
  #ended(livedMs: number, seconds: number, moved: boolean): void {
    if (livedMs < (seconds - 5) * 1000) this.#position.doubt();
    if (livedMs < (moved ? 1000 : RESUMED_AT_ONCE_MS))
      throw new Fault('protocol', `the watch ended after ${Math.round(livedMs)} ms${moved ? '' : ' without an event'}`);
    if (this.#isListDue('protocol', { livedMs, moved })) this.#listOver('the server ends each of them');
  }

  /** Whether a watch that ended so was one too many that brought nothing. */
  #isListDue(kind: FaultKind, { livedMs, moved }: Watched): boolean {
    if (moved || (livedMs >= LIVED_MS && kind !== 'idle')) {
      this.#schedule.fruitful();
      return false;
    }
    this.counters.fruitless += 1;
    return kind === 'invalid' ? this.#schedule.refused() : this.#schedule.fruitless(livedMs);
  }

  /** The next step is a list that no watch has a part in. */
  #listOver(reason: string): void {
    this.#position.mustList('latest');
    this.#lister.nextInPages();
    this.#o.onReport({
      kind: 'fruitless-watches',
      message: `watches from ${this.#position.version} bring nothing (${reason}); a list follows`,
    });
  }

  /** Takes the step that follows a fault, and waits as long as it says. True: it was the last one. */
  async #recover(fault: Fault, listing: boolean, signal: AbortSignal): Promise<boolean> {
    const { clock, limits } = this.#o;
    const watched = this.#watched;
    this.#watched = undefined;
    const { kind } = fault;
    const position = this.#position;
    if (kind !== 'relist') this.counters.failures += 1;
    if (kind === 'expired') this.counters.expired += 1;
    if (kind === 'rate-limited') this.counters.rateLimited += 1;
    if (kind === 'idle') this.counters.idle += 1;
    const lastedMs = kind === 'relist' ? 0 : this.#runs.noted(kind, clock.now());
    const newest = kind === 'too-large' ? await this.#probe.newestBelow(position.version, this.#wakeable(signal)) : undefined;
    if (newest?.below === true) {
      this.#goBack(`the newest state of the server is ${newest.newest}, below ${position.version}`);
      return false;
    }
    const relistDue = watched !== undefined && countsAsFruitless(kind) && this.#isListDue(kind, watched);
    const step = nextStep(fault, { listing, version: position.version, lastedMs, relistDue, reached: newest !== undefined }, limits);
    if (lastedMs >= limits.regressedAfterMs && kind === 'too-large') this.#runs.over(kind);
    if (step.next === 'end') this.#failure = fault;
    if (step.doubt) position.doubt();
    if (step.next === 'go-back') this.#goBack(step.reason);
    else if (step.state !== undefined) this.#set(step.state, step.reason);
    if (relistDue) this.#listOver(step.reason);
    else if (step.next === 'list-held' || step.next === 'list-latest') position.mustList(step.next === 'list-held' ? 'held' : 'latest');
    const ms = this.#delays.of(fault, step.wait);
    if (ms > 0) await this.#sleep(ms, signal);
    return step.next === 'end';
  }

  /** The next list is of the newest state, and begins a new epoch. */
  #goBack(reason: string): void {
    if (this.#position.goBack()) this.counters.regressions += 1;
    this.#runs.over('too-large');
    this.#set('Regressed', reason);
  }

  #watchSeconds(): number {
    const { limits, clock } = this.#o;
    return Math.floor(limits.watchMinSeconds + (limits.watchMaxSeconds - limits.watchMinSeconds) * clock.random());
  }

  #idleWait(heardAt: number): number {
    const { clock, limits } = this.#o;
    const quiet = clock.now() - heardAt;
    if (quiet >= limits.idleMs) throw new Fault('idle', `neither event nor bookmark for ${Math.round(quiet / 1000)} s`);
    const left = limits.idleMs - quiet;
    if (this.#position.need === 'list') return Math.max(1, left);
    const due = this.#schedule.due();
    if (due !== undefined) throw new Fault('relist', due);
    return Math.max(1, Math.min(left, this.#schedule.wait));
  }

  #wakeable(signal: AbortSignal): AbortSignal {
    this.#wake = new AbortController();
    return AbortSignal.any([signal, this.#wake.signal]);
  }

  #set(state: ReflectorState, reason: string): void {
    if (this.#state !== state) this.#since = this.#o.clock.now();
    this.#state = state;
    this.#reason = reason;
    this.#o.onState();
  }

  async #sleep(ms: number, signal: AbortSignal): Promise<void> {
    try {
      await this.#o.clock.sleep(ms, this.#wakeable(signal));
    } catch {
      // Stopped, or woken to act on news.
    }
  }
}

/** What a watch came to. */
interface Watched {
  readonly livedMs: number;
  /** Whether it moved the version. */
  readonly moved: boolean;
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
