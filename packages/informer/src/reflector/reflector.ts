import type { ResourceSource } from '@kubecast/client';
import { Backoff, TimeSlice } from '@kubecast/clock';
import type { Clock } from '@kubecast/clock';
import { compareResourceVersions } from '@kubecast/store';
import type { ReflectorState } from '../contract/informer.ts';
import type { ReflectorLimits } from '../contract/limits.ts';
import { newReflectorCounters } from '../contract/reflector-report.ts';
import type { ReflectorCounters, ReflectorReport } from '../contract/reflector-report.ts';
import type { ServerMemory } from '../contract/server-memory.ts';
import { Fault, programFault } from '../server/fault.ts';
import type { FaultKind } from '../server/fault.ts';
import { SchemaFingerprint } from '../server/schema-fingerprint.ts';
import { ServerProbe } from '../server/server-probe.ts';
import { WatchStream } from '../server/watch-stream.ts';
import { followWatch } from './live-watch.ts';
import { countsAsFruitless, FaultRuns, nextStep } from './next-step.ts';
import type { NextStep } from './next-step.ts';
import { ObjectReader } from './object-reader.ts';
import type { ListEnd, ReadingParts } from './object-reader.ts';
import { pagedListOptions, readPagedList } from './paged-list.ts';
import { Position } from './position.ts';
import type { PositionOptions } from './position.ts';
import type { ReflectorSink } from './reflector-sink.ts';
import { RelistSchedule } from './relist-schedule.ts';
import { readStreamedList } from './streamed-list.ts';
import type { StreamedListEnd } from './streamed-list.ts';
import { WrittenBelow } from './written-below.ts';

export interface ReflectorOptions extends PositionOptions {
  readonly source: ResourceSource;
  readonly sink: ReflectorSink;
  readonly clock: Clock;
  readonly limits: ReflectorLimits;
  readonly memory: ServerMemory;
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

/** A server cuts off who reads a streamed list too slowly while much is written; it would do so for ever. */
const CUTS = 3;
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
  readonly #probe: ServerProbe;
  readonly #schema: SchemaFingerprint;
  readonly #schedule: RelistSchedule;
  readonly #doubt = new WrittenBelow();
  readonly #runs = new FaultRuns();
  /** Each kind of failure backs off by itself: a server that is back after many refusals, and asks for a second, or a list, is not kept waiting. */
  readonly #backoffs = new Map<FaultKind, Backoff>();
  #state: ReflectorState = 'Idle';
  #reason = 'not started';
  #since: number;
  #lastHeard = -Infinity;
  #wake: AbortController | undefined;
  /** Streamed lists in a row that failed although the server was there. */
  #failedStreams = 0;
  /** The next list is one in pages, whatever the server can do: what answers watches is not to be trusted. */
  #inPages = false;
  /** The stream of a streamed list that is complete, until the watch takes it over. */
  #goesOn: WatchStream | undefined;
  /** What the watch came to that the fault ended, which is dealt with next. */
  #watched: Watched | undefined;

  constructor(options: ReflectorOptions) {
    this.#o = options;
    const { source, sink, clock, limits, labelSelector, fieldSelector, resume } = options;
    this.#since = clock.now();
    this.#position = new Position(options);
    this.#schedule = new RelistSchedule(clock, limits);
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
        if (await this.#recover(programFault(error), listing, signal)) await aborted(signal);
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
    this.#doubt.sign(seen);
    this.#goBack(reason);
    this.#wake?.abort(new Fault('regressed', reason));
  }

  /** Tells that objects are missing in the view that the server may have: it is listed again, at once. */
  repair(reason: string): void {
    this.#schedule.now();
    this.#wake?.abort(new Fault('relist', reason));
  }

  // ---- the list ----

  async #list(signal: AbortSignal): Promise<void> {
    const { clock, memory, limits } = this.#o;
    const begun = clock.now();
    this.counters.lists += 1;
    this.#schedule.listing();
    this.#goesOn?.close();
    this.#goesOn = undefined;
    try {
      // A question that costs the server nothing comes before a whole list that may be its old state.
      if (this.#doubt.some) this.#doubt.believe(await this.#probe.newest(this.#wakeable(signal)));
      await this.#schema.note(signal);
      if (this.#inPages || !memory.streamsLists) return await this.#take(await this.#paged(signal), signal);
      const end = await this.#streamed(signal);
      if (end.kind === 'fault') {
        this.#streamFailed(end);
        throw end.fault;
      }
      if (end.kind === 'complete') {
        this.#goesOn = end.stream;
        return await this.#take(end, signal);
      }
      this.#o.onReport({ kind: 'streamed-list-given-up', message: `${end.why}; a paged list follows` });
      if (end.endless) memory.refusedStreamedList(limits.streamedListMemoryMs);
      const pages = await this.#paged(signal);
      // A selector that the server does not understand is refused in either form, and says nothing of streamed lists.
      if (pages.kind === 'complete' || pages.fault.kind !== 'invalid') memory.refusedStreamedList(limits.streamedListMemoryMs);
      await this.#take(pages, signal);
    } finally {
      this.counters.listSeconds += (clock.now() - begun) / 1000;
    }
  }

  #streamed(signal: AbortSignal): Promise<StreamedListEnd> {
    const from = this.#position.listVersion;
    this.#set(
      this.#position.regressing ? 'Regressed' : 'Streaming',
      from === '' ? 'streamed list of the newest state' : `streamed list not older than ${from}`,
    );
    return readStreamedList(this.#parts, this.#watchSeconds(), this.#wakeable(signal));
  }

  async #paged(signal: AbortSignal): Promise<ListEnd> {
    const held = this.#position.listVersion;
    const { options, reason } = pagedListOptions(held, this.#position.anyAge);
    this.#set(this.#position.regressing ? 'Regressed' : 'Listing', reason);
    const end = await readPagedList(this.#parts, options, this.#wakeable(signal));
    // A continue token that expired: one consistent read without paging, as the API concepts advise.
    if (end.kind === 'complete' || signal.aborted || held !== '' || end.fault.kind !== 'expired') return end;
    this.counters.expired += 1;
    this.#set('Listing', 'the list’s token expired between pages; listing again in one piece');
    return readPagedList(this.#parts, { limit: 0 }, this.#wakeable(signal));
  }

  /** Who cuts or refuses every streamed list may still answer one in pages. */
  #streamFailed({ fault, began }: Extract<StreamedListEnd, { kind: 'fault' }>): void {
    const { memory, limits, onReport } = this.#o;
    const cut = fault.kind === 'connection' && began;
    if (!cut && fault.kind !== 'protocol' && fault.kind !== 'forbidden' && fault.kind !== 'gone' && fault.kind !== 'idle') return;
    this.#failedStreams += 1;
    if (this.#failedStreams < CUTS) return;
    this.#failedStreams = 0;
    this.#inPages = true;
    if (!cut) return;
    memory.refusedStreamedList(limits.streamedListMs);
    onReport({
      kind: 'streamed-list-given-up',
      message: `the streamed list broke off ${CUTS} times (${fault.message}); a paged list follows`,
    });
  }

  /** The last act of a list: what it ended in is judged, swapped in, and only then moves the position. */
  async #take(end: ListEnd, signal: AbortSignal): Promise<void> {
    this.#inPages = false;
    if (end.kind === 'fault') throw end.fault;
    const { collection, version, skipped } = end;
    let tell: () => Promise<void>;
    try {
      signal.throwIfAborted();
      this.#doubt.believe(version);
      this.#judge(version);
      tell = collection.swap(version, this.#position.regressing ? 'regressed' : 'relist', skipped > 0);
    } catch (error) {
      collection.abort();
      this.#goesOn?.close();
      this.#goesOn = undefined;
      throw error;
    }
    this.#position.took(version);
    this.#failedStreams = 0;
    this.#doubt.settled();
    this.#runs.over();
    this.#lastHeard = this.#o.clock.now();
    this.#schedule.listed(skipped === 0);
    this.counters.listsDone += 1;
    await tell();
    this.#o.onProgress();
  }

  #judge(version: string): void {
    const position = this.#position;
    switch (position.judge(version)) {
      case 'take':
        return;
      case 'no-version':
        throw new Fault('invalid', 'the list carries no resourceVersion');
      case 'below-floor':
        throw new Fault('too-large', `the list stands at ${version}, below what is shown already`);
      case 'below-held':
        throw new Fault('too-large', `the list stands at ${version}, below ${position.version}`);
      case 'went-back':
        throw new Fault('regressed', `the newest list stands at ${version}, below ${position.version}`);
    }
  }

  // ---- the watch ----

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
    this.#inPages = true;
    this.#o.onReport({
      kind: 'fruitless-watches',
      message: `watches from ${this.#position.version} bring nothing (${reason}); a list follows`,
    });
  }

  // ---- failures ----

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
    if (step.doubt) position.doubt();
    if (step.next === 'go-back') this.#goBack(step.reason);
    else if (step.state !== undefined) this.#set(step.state, step.reason);
    if (relistDue) this.#listOver(step.reason);
    else if (step.next === 'list-held' || step.next === 'list-latest') position.mustList(step.next === 'list-held' ? 'held' : 'latest');
    await this.#wait(fault, step, signal);
    return step.next === 'end';
  }

  async #wait(fault: Fault, { wait }: NextStep, signal: AbortSignal): Promise<void> {
    const { clock } = this.#o;
    if (wait.kind === 'none') return;
    // A little over a Retry-After, never under it: a fleet that was told the same second should not come back in it.
    const spread = 1 + 0.2 * clock.random();
    if (wait.kind === 'asked') return this.#sleep(Math.max(wait.atLeastMs, fault.retryAfterMs) * spread, signal);
    const asked = fault.retryAfterMs * spread;
    const ms = this.#backoffOf(fault.kind).next(asked);
    // Above the cap draw again below it: clamping would make every client retry at exactly the cap.
    await this.#sleep(ms > Math.max(asked, wait.maxMs) ? Math.max(asked, wait.maxMs * (1 - clock.random())) : ms, signal);
  }

  #backoffOf(kind: FaultKind): Backoff {
    const known = this.#backoffs.get(kind);
    if (known !== undefined) return known;
    const { backoffBaseMs: baseMs, backoffMaxMs: maxMs, backoffResetMs: resetAfterMs } = this.#o.limits;
    const made = new Backoff(this.#o.clock, { baseMs, maxMs, resetAfterMs });
    this.#backoffs.set(kind, made);
    return made;
  }

  /** The next list is of the newest state, and begins a new epoch. */
  #goBack(reason: string): void {
    if (this.#position.goBack()) this.counters.regressions += 1;
    this.#runs.over('too-large');
    this.#set('Regressed', reason);
  }

  // ---- small parts ----

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
