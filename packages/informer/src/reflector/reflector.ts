import type { Frame, ResourceSource } from '@kubecast/client';
import { Backoff } from '@kubecast/clock';
import { compareResourceVersions } from '@kubecast/store';
import type { Clock } from '@kubecast/clock';
import { Fault, faultOf } from './fault.ts';
import type { FaultKind } from './fault.ts';
import { FrameReader } from './frame-reader.ts';
import type { ReflectorState } from '../contract/informer.ts';
import type { ReflectorLimits } from '../contract/limits.ts';
import { parseHead, readHead, readStatus } from './object-head.ts';
import type { ObjectHead } from './object-head.ts';
import { newReflectorCounters } from '../contract/reflector-report.ts';
import type { ReflectorCounters, ReflectorReport } from '../contract/reflector-report.ts';
import type { ReflectorSink, SinkCollection } from './reflector-sink.ts';
import { RepairPlan } from './repair-plan.ts';
import { ServedForm } from './served-form.ts';
import type { ServerMemory } from '../contract/server-memory.ts';
import { ServerProbe } from './server-probe.ts';
import { TimeSlice } from '@kubecast/clock';
import { WrittenBelow } from './written-below.ts';

/** A complete state that stands in the view already. */
export interface ResumePoint {
  readonly version: string;
  readonly epoch: number;
  /** Objects were skipped on the way there, and are to be listed for. */
  readonly damaged: boolean;
  /** It comes from a file; the calendar's time of its save. */
  readonly savedAt?: number;
}

export interface ReflectorOptions {
  readonly source: ResourceSource;
  readonly sink: ReflectorSink;
  readonly clock: Clock;
  readonly limits: ReflectorLimits;
  readonly memory: ServerMemory;
  /** What each object must be, where it says what it is. */
  readonly expected?: { readonly kind: string; readonly apiVersion: string };
  readonly labelSelector?: string;
  readonly fieldSelector?: string;
  /** Resume from this version, of a complete state that stands in the view, instead of listing. */
  readonly resume?: ResumePoint;
  /** A list is complete only at or above this version: that of a scope which it takes over. `''`: any. */
  readonly notBelow?: () => string;
  /** The epoch of what it takes over. */
  readonly epochOf?: () => number;
  /** After each change of state. */
  readonly onState: () => void;
  /** After each event, bookmark and list: the version moved. Called often. */
  readonly onProgress: () => void;
  readonly onReport: (report: ReflectorReport) => void;
}

/** Where the next list begins: at the newest state, or anywhere not older than what is held. */
type ListFrom = 'latest' | 'held';

/**
 * Follows one resource in one scope: a complete list, then the watch from there, for ever. One state machine; every failure is a state
 * with a reason and a time, and none ends it but the signal. Within an epoch it never takes a state below the last version it saw.
 */
export class Reflector {
  readonly counters: ReflectorCounters = newReflectorCounters();
  readonly #o: ReflectorOptions;
  /** Each kind of failure backs off by itself: a server that is back after many refusals, and asks for a second, or a list, is not kept waiting. */
  readonly #backoffs = new Map<FaultKind, Backoff>();
  #wasGone = false;
  readonly #slice: TimeSlice;
  readonly #probe: ServerProbe;
  #state: ReflectorState = 'Idle';
  #reason = 'not started';
  #since: number;
  #version = '';
  #synced = false;
  #epoch = 1;
  #lastHeard = -Infinity;
  #need: 'list' | 'watch' = 'list';
  #listFrom: ListFrom = 'latest';
  /** The server must show that it knows #version before a watch from there is believed. */
  #unproven = false;
  /** The next complete list begins a new epoch. */
  #regressing = false;
  #tooLargeSince: number | undefined;
  #serverErrorsSince: number | undefined;
  #lastListAt = -Infinity;
  readonly #repair: RepairPlan;
  readonly #form: ServedForm;
  readonly #doubt = new WrittenBelow();
  #wake: AbortController | undefined;
  /** Streamed lists in a row that broke off amid their objects. */
  #cutLists = 0;

  constructor(options: ReflectorOptions) {
    this.#o = options;
    this.#since = options.clock.now();
    const { source, clock, limits } = options;
    this.#form = new ServedForm(source, clock, limits.formLagMs);
    this.#probe = new ServerProbe(source, clock, this.counters, (since) => this.#idleWait(since));
    this.#repair = new RepairPlan(clock, limits);
    this.#slice = new TimeSlice(options.clock, options.limits.sliceMs, () => (this.counters.yields += 1));
    if (options.resume !== undefined && options.resume.version !== '') {
      this.#version = options.resume.version;
      this.#epoch = options.resume.epoch;
      this.#synced = true;
      this.#need = 'watch';
      this.#unproven = true;
      if (options.resume.savedAt !== undefined) {
        this.#state = 'Stale';
        this.#reason = `from a file that was saved at ${new Date(options.resume.savedAt).toISOString()}`;
      }
      if (options.resume.damaged) this.#repair.skipped();
    }
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
    return this.#version;
  }
  /** Whether a complete list stands in the view. */
  get synced(): boolean {
    return this.#synced;
  }
  /** Whether objects were skipped that a list has not brought since. */
  get damaged(): boolean {
    return this.#repair.holes;
  }
  /** Grows when the server is found to have gone back. */
  get epoch(): number {
    return this.#epoch;
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
      try {
        if (this.#need === 'list') await this.#list(signal);
        else await this.#watch(signal);
      } catch (error) {
        if (signal.aborted) break;
        await this.#recover(faultOf(error), signal);
      }
    }
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
    this.#repair.now();
    this.#wake?.abort(new Fault('relist', reason));
  }

  async #list(signal: AbortSignal): Promise<void> {
    const begun = this.#o.clock.now();
    this.counters.lists += 1;
    this.#repair.listing();
    try {
      // A question that costs the server nothing comes before a whole list that may be its old state.
      if (this.#doubt.some) this.#doubt.believe(await this.#probe.newest(this.#wakeable(signal)));
      await this.#form.note(signal);
      if (this.#o.memory.streamsLists) await this.#streamedList(signal);
      else await this.#pagedList(signal);
    } finally {
      if (this.#need === 'list') this.counters.listSeconds += (this.#o.clock.now() - begun) / 1000;
    }
  }

  // ---- the streamed list (KEP-3157), which goes on as the watch ----

  async #streamedList(signal: AbortSignal): Promise<void> {
    const { clock, limits, source, sink, memory } = this.#o;
    const from = this.#listFrom === 'held' ? this.#version : '';
    this.#set(
      this.#regressing ? 'Regressed' : 'Streaming',
      from === '' ? 'streamed list of the newest state' : `streamed list not older than ${from}`,
    );
    const collection = sink.collect();
    const dead = new Map<string, { readonly uid: string; readonly version: string }>();
    let open = true;
    let skipped = 0;
    let any = false;
    // After the end mark: the version that the collected set stands at. Only a scope that takes over another goes on collecting there.
    let ended = '';
    let endedAt = 0;
    const begun = clock.now();
    let progressAt = begun;
    let warned = false;
    let heardAt = begun;
    const seconds = this.#watchSeconds();
    this.counters.watches += 1;
    const reader = new FrameReader<readonly Frame[]>(
      (inner) =>
        source.watchFrames(
          {
            ...this.#selectors(),
            ...(from === '' ? {} : { resourceVersion: from }),
            resourceVersionMatch: 'NotOlderThan',
            sendInitialEvents: true,
            allowWatchBookmarks: true,
            timeoutSeconds: seconds,
          },
          inner,
        ),
      this.#wakeable(signal),
    );
    reader.guard(clock, () => {
      const now = clock.now();
      if (!open) return this.#idleWait(heardAt);
      if (ended !== '') {
        // A server that lives brings a bookmark each minute: one that stays below what was seen went back.
        if (now - endedAt < limits.idleMs) return Math.min(this.#idleWait(heardAt), limits.idleMs - (now - endedAt));
        this.#goBack(`the newest list stays at ${ended}, below ${this.#o.notBelow?.() ?? ''}`);
        throw new Fault('regressed', `the newest list stays at ${ended}`);
      }
      const quiet = now - progressAt;
      if (quiet >= limits.bookmarkDeadlineMs || now - begun >= limits.streamedListMs) throw new BookmarkMissing(quiet);
      if (quiet >= limits.bookmarkWarnMs && !warned) {
        warned = true;
        this.#o.onReport({
          kind: 'late-bookmark',
          message: `the streamed list brought nothing new for ${Math.round(quiet)} ms and has not ended`,
        });
      }
      const next = warned ? limits.bookmarkDeadlineMs : limits.bookmarkWarnMs;
      return Math.max(1, Math.min(next - quiet, limits.streamedListMs - (now - begun)));
    });
    try {
      for (;;) {
        const batch = await reader.next();
        if (batch === undefined) break;
        heardAt = clock.now();
        this.#lastHeard = heardAt;
        for (const frame of batch) {
          any = true;
          if (this.#slice.due()) await this.#slice.yield();
          signal.throwIfAborted();
          if (!open) {
            this.#liveFrame(frame);
            continue;
          }
          if (frame.type === 'ERROR') throw faultOf(readStatus(frame.object));
          // Of the mass of initial objects, the store reads the head; here it is one a batch, for its kind.
          if (frame.type === 'ADDED' && frame !== batch[0] && dead.size === 0 && ended === '') {
            this.counters.events += 1;
            progressAt = heardAt;
            if (!this.#tryObject(() => collection.put(frame.object), undefined)) skipped += 1;
            continue;
          }
          const head = this.#head(frame);
          if (head === undefined) {
            skipped += 1;
            continue;
          }
          if (frame.type === 'BOOKMARK') {
            this.counters.bookmarks += 1;
            if (head.initialEventsEnd !== 'true' && ended === '') continue;
            if (ended === '') endedAt = heardAt;
            ended = head.version;
            if (this.#isBelow(ended)) continue;
            open = false;
            await this.#commit(collection, ended, begun, skipped);
            this.#watching('the streamed list goes on as the watch');
            heardAt = clock.now();
            continue;
          }
          this.counters.events += 1;
          this.#checkKind(head);
          if (frame.type === 'DELETED') {
            dead.set(`${head.namespace}/${head.name} ${head.uid}`, { uid: head.uid, version: head.version });
            collection.remove({ cluster: '', namespace: head.namespace, name: head.name }, head.uid);
          } else if (dead.size === 0 || !this.#isDead(dead.get(`${head.namespace}/${head.name} ${head.uid}`), head)) {
            if (frame.type === 'ADDED') progressAt = heardAt;
            if (!this.#tryObject(() => collection.put(frame.object), head)) skipped += 1;
          }
          if (ended === '') continue;
          ended = head.version;
          if (this.#isBelow(ended)) continue;
          open = false;
          await this.#commit(collection, ended, begun, skipped);
          this.#watching('the streamed list goes on as the watch');
        }
      }
      if (open)
        throw new Fault('connection', any ? 'the streamed list ended before its last bookmark' : 'the streamed list ended without a word');
      this.#ended(begun, seconds);
    } catch (error) {
      if (!open || signal.aborted) throw error;
      if (error instanceof BookmarkMissing) {
        memory.refusedStreamedList(limits.streamedListMemoryMs);
        this.#o.onReport({
          kind: 'streamed-list-given-up',
          message: `the streamed list brought nothing new for ${Math.round(error.quietMs)} ms; a paged list follows`,
        });
        return;
      }
      const fault = faultOf(error);
      if (fault.kind === 'invalid') {
        memory.refusedStreamedList(limits.streamedListMemoryMs);
        this.#o.onReport({
          kind: 'streamed-list-given-up',
          message: `the server does not stream lists (${fault.message}); a paged list follows`,
        });
        return;
      }
      if (fault.kind === 'connection' && any) {
        this.#cutLists += 1;
        if (this.#cutLists >= CUTS) {
          this.#cutLists = 0;
          memory.refusedStreamedList(limits.streamedListMs);
          this.#o.onReport({
            kind: 'streamed-list-given-up',
            message: `the streamed list broke off ${CUTS} times (${fault.message}); a paged list follows`,
          });
        }
      }
      throw error;
    } finally {
      if (open) collection.abort();
      reader.close();
    }
  }

  /** Whether the object's DELETED came before: a duplicate that arrives after it must not bring it back. */
  #isDead(grave: { readonly uid: string; readonly version: string } | undefined, head: ObjectHead): boolean {
    if (grave === undefined || grave.uid !== head.uid || compareResourceVersions(head.version, grave.version) === 1) return false;
    this.counters.duplicates += 1;
    return true;
  }

  /** Whether a scope that is taken over has seen more than this version. */
  #isBelow(version: string): boolean {
    if (this.#synced || this.#regressing) return false;
    const floor = this.#o.notBelow?.() ?? '';
    return floor !== '' && compareResourceVersions(version, floor) === -1;
  }

  // ---- the paged list ----

  async #pagedList(signal: AbortSignal): Promise<void> {
    const held = this.#listFrom === 'held' ? this.#version : '';
    // Version 0 is answered from the server's cache, whatever its age: only for one that holds nothing yet.
    const cached = held === '' && this.#version === '' && !this.#regressing && this.#o.notBelow === undefined;
    const options =
      held !== ''
        ? { resourceVersion: held, resourceVersionMatch: 'NotOlderThan' as const, limit: 0 }
        : cached
          ? { resourceVersion: '0' }
          : {};
    this.#set(
      this.#regressing ? 'Regressed' : 'Listing',
      held !== '' ? `list not older than ${held}` : cached ? 'list from the server’s cache' : 'list of the newest state',
    );
    try {
      await this.#pages(options, signal);
    } catch (error) {
      // A continue token that expired: one consistent read without paging, as the API concepts advise.
      if (signal.aborted || held !== '' || faultOf(error).kind !== 'expired') throw error;
      this.counters.expired += 1;
      this.#set('Listing', 'the list’s token expired between pages; listing again in one piece');
      await this.#pages({ limit: 0 }, signal);
    }
  }

  async #pages(
    options: { resourceVersion?: string; resourceVersionMatch?: 'NotOlderThan'; limit?: number },
    signal: AbortSignal,
  ): Promise<void> {
    const { clock, source, sink } = this.#o;
    const begun = clock.now();
    const collection = sink.collect();
    let open = true;
    let version = '';
    let skipped = 0;
    let complete = false;
    let heardAt = begun;
    const reader = new FrameReader((inner) => source.listPages({ ...this.#selectors(), ...options }, inner), this.#wakeable(signal));
    reader.guard(clock, () => this.#idleWait(heardAt));
    try {
      for (;;) {
        const page = await reader.next();
        if (page === undefined) break;
        heardAt = clock.now();
        this.#lastHeard = heardAt;
        version = page.resourceVersion;
        complete = !page.more;
        let first = true;
        for (const item of page.items) {
          if (this.#slice.due()) await this.#slice.yield();
          if (first) {
            first = false;
            const head = this.#head({ type: 'ADDED', object: item });
            if (head !== undefined) this.#checkKind(head);
            else {
              skipped += 1;
              continue;
            }
          }
          if (!this.#tryObject(() => collection.put(item), undefined)) skipped += 1;
        }
      }
      if (!complete) throw new Fault('connection', 'the list ended before its last page');
      signal.throwIfAborted();
      open = false;
      await this.#commit(collection, version, begun, skipped);
    } finally {
      if (open) collection.abort();
      reader.close();
    }
  }

  async #commit(collection: SinkCollection, version: string, begun: number, skipped: number): Promise<void> {
    const { clock } = this.#o;
    try {
      if (version === '' || version === '0') throw new Fault('invalid', 'the list carries no resourceVersion');
      this.#doubt.believe(version);
      if (this.#isBelow(version)) throw new Fault('too-large', `the list stands at ${version}, below what is shown already`);
      if (!this.#regressing && this.#version !== '' && compareResourceVersions(version, this.#version) === -1) {
        // A consistent read below what was seen is proof; one that was only to be 'not older' may be a lagging server's lie.
        if (this.#listFrom === 'latest') this.#goBack(`the newest list stands at ${version}, below ${this.#version}`);
        throw new Fault(this.#listFrom === 'latest' ? 'regressed' : 'too-large', `the list stands at ${version}, below ${this.#version}`);
      }
    } catch (error) {
      collection.abort();
      throw error;
    }
    if (!this.#synced) this.#epoch = Math.max(this.#epoch, this.#o.epochOf?.() ?? 1);
    const origin = this.#regressing ? 'regressed' : 'relist';
    if (this.#regressing) {
      this.#epoch += 1;
      this.#regressing = false;
    }
    this.#version = version;
    this.#cutLists = 0;
    this.#doubt.settled();
    this.#synced = true;
    this.#need = 'watch';
    this.#listFrom = 'held';
    this.#unproven = false;
    this.#tooLargeSince = undefined;
    this.#serverErrorsSince = undefined;
    this.#lastHeard = clock.now();
    this.#lastListAt = this.#lastHeard;
    if (skipped === 0) this.#repair.whole();
    this.counters.listsDone += 1;
    this.counters.listSeconds += (this.#lastHeard - begun) / 1000;
    await collection.commit(version, origin, skipped > 0);
    this.#o.onProgress();
  }

  // ---- the watch ----

  async #watch(signal: AbortSignal): Promise<void> {
    const { clock, source } = this.#o;
    const interrupted = this.#unproven;
    if (this.#unproven) await this.#prove(signal);
    if (interrupted) await this.#form.check(signal);
    const begun = clock.now();
    let heardAt = begun;
    const seconds = this.#watchSeconds();
    this.counters.watches += 1;
    this.#watching(`resumed at ${this.#version}`);
    const reader = new FrameReader<readonly Frame[]>(
      (inner) =>
        source.watchFrames(
          { ...this.#selectors(), resourceVersion: this.#version, allowWatchBookmarks: true, timeoutSeconds: seconds },
          inner,
        ),
      this.#wakeable(signal),
    );
    reader.guard(clock, () => this.#idleWait(heardAt));
    const over = new AbortController();
    if (interrupted) this.#form.checkLater(AbortSignal.any([signal, over.signal]), (fault) => this.#wake?.abort(fault));
    try {
      for (;;) {
        const batch = await reader.next();
        if (batch === undefined) break;
        heardAt = clock.now();
        for (const frame of batch) {
          if (this.#slice.due()) await this.#slice.yield();
          // What comes after the end reaches no view, so it must not move the version that a file is saved at.
          signal.throwIfAborted();
          this.#liveFrame(frame);
        }
      }
      this.#ended(begun, seconds);
    } finally {
      over.abort();
      reader.close();
    }
  }

  /** One frame of a watch, after the initial events. */
  #liveFrame(frame: Frame): void {
    if (frame.type === 'ERROR') throw faultOf(readStatus(frame.object));
    const head = this.#head(frame);
    if (head === undefined) return;
    if (frame.type === 'BOOKMARK') {
      this.counters.bookmarks += 1;
      if (head.version === '') return;
      if (compareResourceVersions(head.version, this.#version) === -1) {
        const reason = `a bookmark at ${head.version}, below ${this.#version}`;
        this.#goBack(reason);
        throw new Fault('regressed', reason);
      }
      this.#heard(head.version);
      return;
    }
    this.counters.events += 1;
    this.#checkKind(head);
    const order = compareResourceVersions(head.version, this.#version);
    if (order === -1 || order === 0) {
      this.counters.duplicates += 1;
      this.#lastHeard = this.#o.clock.now();
      return;
    }
    this.#tryObject(() => (frame.type === 'DELETED' ? this.#o.sink.remove(head, frame.object) : this.#o.sink.apply(frame.object)), head);
    this.#heard(head.version);
  }

  #heard(version: string): void {
    this.#lastHeard = this.#o.clock.now();
    if (version !== '') this.#version = version;
    this.#tooLargeSince = undefined;
    this.#serverErrorsSince = undefined;
    this.#o.onProgress();
  }

  async #prove(signal: AbortSignal): Promise<void> {
    const refused = await this.#probe.prove(this.#version, this.#wakeable(signal));
    if (refused !== undefined) this.#o.onReport({ kind: 'probe-refused', message: refused });
    this.#unproven = false;
    this.#tooLargeSince = undefined;
  }

  /** A clean end. One that came at once is a failure, and one that came before its time may mean another server. */
  #ended(begun: number, seconds: number): void {
    const lived = this.#o.clock.now() - begun;
    if (lived < (seconds - 5) * 1000) this.#unproven = true;
    if (lived < 1000) throw new Fault('connection', `the watch ended after ${Math.round(lived)} ms`);
  }

  // ---- failures ----

  async #recover(fault: Fault, signal: AbortSignal): Promise<void> {
    const { clock, limits } = this.#o;
    const now = clock.now();
    if (fault.kind === 'relist') {
      this.#need = 'list';
      return;
    }
    this.counters.failures += 1;
    if (fault.kind !== 'too-large' && fault.kind !== 'rate-limited' && fault.kind !== 'connection') this.#tooLargeSince = undefined;
    if (fault.kind !== 'server') this.#serverErrorsSince = undefined;
    switch (fault.kind) {
      case 'regressed':
        this.#set('Regressed', fault.message);
        break;
      case 'too-large': {
        this.#tooLargeSince ??= now;
        const newest = await this.#probe.newestBelow(this.#version, this.#wakeable(signal));
        if (newest !== undefined) {
          this.#goBack(`the newest state of the server is ${newest}, below ${this.#version}`);
          return;
        }
        if (now - this.#tooLargeSince >= limits.regressedAfterMs) {
          this.#goBack(
            `for ${Math.round((now - this.#tooLargeSince) / 1000)} s the server has not known ${this.#version}: ${fault.message}`,
          );
          return;
        }
        this.#unproven = this.#version !== '';
        this.#set('Stale', `the server does not know ${this.#version} yet: ${fault.message}`);
        return this.#sleep(Math.max(1000, fault.retryAfterMs) * (1 + 0.2 * clock.random()), signal);
      }
      case 'expired':
        this.counters.expired += 1;
        // First not older than what is held; where that is expired too, the newest.
        this.#listFrom = this.#need === 'list' || this.#version === '' ? 'latest' : 'held';
        this.#need = 'list';
        this.#set('BackingOff', `the version is too old: ${fault.message}`);
        break;
      case 'rate-limited':
        this.counters.rateLimited += 1;
        this.#set('BackingOff', `too many requests: ${fault.message}`);
        break;
      case 'forbidden':
        this.#set('Forbidden', fault.message);
        break;
      case 'gone':
        this.#set('Gone', fault.message);
        break;
      case 'idle':
        this.counters.idle += 1;
        this.#unproven = this.#version !== '';
        this.#set('Stale', fault.message);
        // The silence was the wait; a first try follows at once, and only its failure backs off.
        return;
      case 'server':
        this.#serverErrorsSince ??= now;
        if (now - this.#serverErrorsSince >= limits.serverErrorsMs) this.#need = 'list';
        this.#set('BackingOff', fault.message);
        break;
      case 'connection':
        this.#unproven = this.#version !== '';
        this.#set('BackingOff', fault.message);
        break;
      case 'wrong-kind':
        this.#need = 'list';
        this.#set('Stale', fault.message);
        break;
      case 'invalid':
        if (this.#need === 'watch') this.#listFrom = 'latest';
        this.#need = 'list';
        this.#set('Stale', fault.message);
        break;
    }
    // A little over a Retry-After, never under it: a fleet that was told the same second should not come back in it.
    const asked = fault.retryAfterMs * (1 + 0.2 * clock.random());
    this.#wasGone = fault.kind === 'gone';
    const wait = this.#backoffOf(fault.kind).next(asked);
    // Asking for a resource that is not served costs the server nothing, and whoever made it waits for us; so with one that is not there.
    const max = this.#wasGone ? Math.max(asked, limits.goneMaxMs) : fault.kind === 'connection' ? limits.unreachableMaxMs : Infinity;
    // Spread anew below the lower bound, or most of a fleet would come at it together.
    await this.#sleep(wait > max ? max * (1 - clock.random()) : wait, signal);
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
    if (!this.#regressing) this.counters.regressions += 1;
    this.#regressing = true;
    this.#need = 'list';
    this.#listFrom = 'latest';
    this.#unproven = false;
    this.#tooLargeSince = undefined;
    this.#set('Regressed', reason);
  }

  // ---- small parts ----

  #head({ type, object }: Frame): ObjectHead | undefined {
    try {
      return type === 'BOOKMARK' ? parseHead(object) : readHead(object);
    } catch (error) {
      this.counters.corrupt += 1;
      this.#repair.skipped();
      this.#o.onReport({ kind: 'corrupt-object', message: `an object that is not JSON was skipped: ${textOf(error)}` });
      return undefined;
    }
  }

  #tryObject(body: () => void, head: ObjectHead | undefined): boolean {
    try {
      body();
      return true;
    } catch (error) {
      this.counters.corrupt += 1;
      this.#repair.skipped();
      const name = head === undefined ? 'an object' : `${head.namespace}/${head.name}`;
      this.#o.onReport({ kind: 'corrupt-object', message: `${name} was skipped: ${textOf(error)}` });
      return false;
    }
  }

  #checkKind(head: ObjectHead): void {
    const expected = this.#o.expected;
    if (expected === undefined || head.kind === '') return;
    if (head.kind === expected.kind && (head.apiVersion === '' || head.apiVersion === expected.apiVersion)) return;
    throw new Fault(
      'wrong-kind',
      `the server sends ${head.apiVersion} ${head.kind} where ${expected.apiVersion} ${expected.kind} was asked for`,
    );
  }

  #selectors(): { labelSelector?: string; fieldSelector?: string } {
    const { labelSelector, fieldSelector } = this.#o;
    return { ...(labelSelector ? { labelSelector } : {}), ...(fieldSelector ? { fieldSelector } : {}) };
  }

  #watchSeconds(): number {
    const { limits, clock } = this.#o;
    return Math.floor(limits.watchMinSeconds + (limits.watchMaxSeconds - limits.watchMinSeconds) * clock.random());
  }

  #idleWait(heardAt: number): number {
    const { clock, limits } = this.#o;
    const quiet = clock.now() - heardAt;
    if (quiet >= limits.idleMs) throw new Fault('idle', `neither event nor bookmark for ${Math.round(quiet / 1000)} s`);
    let wait = limits.idleMs - quiet;
    if (this.#need === 'watch') {
      const now = clock.now();
      const periodic = limits.relistMs > 0 ? this.#lastListAt + limits.relistMs : Infinity;
      if (now >= periodic) throw new Fault('relist', 'time for the periodic list');
      if (now >= this.#repair.at) throw new Fault('relist', 'objects were skipped; listing again to get them');
      wait = Math.min(wait, periodic - now, this.#repair.at - now);
    }
    return Math.max(1, wait);
  }

  #wakeable(signal: AbortSignal): AbortSignal {
    this.#wake = new AbortController();
    return AbortSignal.any([signal, this.#wake.signal]);
  }

  #watching(reason: string): void {
    this.#set('Watching', reason);
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

/** A server cuts off who reads a streamed list too slowly while much is written; it would do so for ever. */
const CUTS = 3;

class BookmarkMissing extends Error {
  readonly quietMs: number;

  constructor(quietMs: number) {
    super('the streamed list does not end');
    this.quietMs = quietMs;
  }
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
