import { createModelRig, ModelServer, TWIN } from '../testing/index.ts';
import type { ModelFault, ModelObject, ModelRig, Thing } from '../testing/index.ts';
import type { ObjectInformer } from '../informer/object-informer.ts';
import type { ScopeStatus } from '../contract/informer.ts';
import type { Coverage } from './coverage.ts';
import { wrongAtTheEnd } from './quiescence.ts';
import { isKept, parityQuery, programOptions, wrongInIndex } from './world/program.ts';
import { modelFault } from './schedule.ts';
import { FITS, refuseLists, SharedReader, shortOptions } from './world/shared-store.ts';
import { Restores } from './world/restores.ts';
import { SavedFiles, wrongAtTheBeginning } from './world/saved-files.ts';
import type { Beginning } from './world/saved-files.ts';
import type { FaultName, HandlerKind, Program, Restart, Schedule, ServerEvent, Step } from './schedule.ts';
import { Witness } from './witness.ts';

/** Objects broken in transit are listed for again; twice as long if the list broke them again. */
const REPAIR_MS = 2 * 150_000;

/** Watches that bring nothing are listed over at most this long after the last list, and the back-offs until then. */
const FRUITLESS_MS = 300_000 + 4 * 30_000;

/** Long enough for the worst chain of waits: idle limit, probes of a server that went back, the longest back-off, the lists. */
const QUIESCENCE_MS = 75_000 + 60_000 + 30_000 + 3 * 30_000 + 60_000 + REPAIR_MS;

/** Runs one schedule to quiescence and gives what was wrong; empty: every promise held. */
export async function runSchedule(schedule: Schedule, coverage: Coverage): Promise<string[]> {
  const run = new Run(schedule, coverage);
  return run.go();
}

/** Faults after which a stream may be silent until it is given up. So it may be after a refusal, which is waited out without a new proof. */
const SILENT: ReadonlySet<FaultName> = new Set(['silent', 'hang', 'missing-end', 'altered-end', 'low-bookmark']);

class Run {
  readonly #schedule: Schedule;
  readonly #coverage: Coverage;
  readonly #rig: ModelRig;
  #witnesses: Witness[] = [];
  readonly #restores = new Restores();
  readonly #files: SavedFiles;
  /** What the informer that runs now began with; undefined: with nothing, as the first. */
  #begun: Beginning | undefined;
  /** The server has said to it who it is, and that has had its effects. */
  #met = false;
  /** Reports that came before it. */
  #reportsBefore = 0;
  readonly #wrong: string[] = [];
  #reader: SharedReader | undefined;
  readonly #names = new Map<ModelFault, FaultName>();
  /** Per scope and epoch: the newest version that each object was seen at. */
  readonly #seen = new Map<string, number>();
  #namespaces: readonly string[];
  #payload = 0;
  readonly #program: Program;
  /** Lists that the store still refuses. */
  #full = 0;
  #deafened = false;
  /** The server was said to have gone back, or lagged: a new epoch may follow without a restore. */
  #mayRegress = false;
  /** A stream was to fall silent, or a replica to lag: a watch that brings nothing is no sign of a resume that was not proven. */
  #mayFallSilent = false;

  constructor(schedule: Schedule, coverage: Coverage) {
    this.#schedule = schedule;
    this.#coverage = coverage;
    this.#namespaces = schedule.namespaces;
    this.#program = schedule.program ?? 'sound';
    const program = programOptions(this.#program);
    this.#rig = createModelRig({
      seed: schedule.seed,
      keeps: true,
      ...(schedule.everyMs === undefined ? {} : { everyMs: schedule.everyMs }),
      twin: schedule.twin === true,
      named: true,
      ...(schedule.shared === undefined ? program : shortOptions(schedule.shared, program)),
      // A store that is full is tried again and again: not for an hour after there is room.
      limits: { sliceMs: schedule.sliceMs, ...(schedule.shared === undefined ? {} : { repairMaxMs: 120_000 }) },
      onReport: (report) => {
        this.#rig.reports.push(report);
        if (schedule.shared !== undefined && report.message.includes('`shared.')) coverage.hit('refused', schedule.shared);
      },
      namespaces: schedule.namespaces,
      ...(schedule.selector ? { labelSelector: 'sel=yes' } : {}),
      api: {
        noStreams: !schedule.streams,
        batch: schedule.batch,
        pageItems: 1 + schedule.batch,
        alwaysPages: schedule.pages === true,
        paceMs: schedule.paceMs,
        endAtOnce: schedule.endAtOnce === true,
        nameless: schedule.nameless === true,
        ...(schedule.deafness === undefined || schedule.deafness === 'end' ? {} : { deafness: modelFault(schedule.deafness, 0) }),
      },
    });
    const other = new ModelServer(this.#rig.clock, schedule.otherRev, 'other');
    for (const [namespace, name] of [
      ['a', 'x'],
      ['a', 'z'],
      ['b', 'y'],
    ] as const)
      other.put(namespace, name, (this.#payload += 1));
    this.#files = new SavedFiles(this.#rig, other, this.#restores);
    this.#rig.api.onRequest = ({ kind }) => {
      if (kind !== 'identity') this.#lookForForeign(`at a ${kind}`);
    };
    this.#rig.api.onFault = (kind, fault) => {
      const name = this.#names.get(fault);
      if (name !== undefined) coverage.hit(name, kind);
      if (name !== undefined && (SILENT.has(name) || /^(status|event)-/.test(name))) this.#mayFallSilent = true;
    };
  }

  async go(): Promise<string[]> {
    const { clock, api } = this.#rig;
    for (let i = 0; i < this.#schedule.objects; i += 1)
      this.#put(['a', 'a-0', 'b'][i % 3] ?? 'a', ['x', 'y', 'z'][i % 3 === 0 ? 0 : (i % 2) + 1] ?? 'x', true);
    for (const kind of this.#schedule.handlers) this.#witnesses.push(this.#witness(kind));
    const { first, streams } = this.#schedule;
    if (first !== null) {
      const planned = modelFault(first.fault, first.after);
      this.#names.set(planned, first.fault);
      api.plan(streams ? 'stream' : 'list', planned);
    }
    this.#fillUp();
    this.#rig.informer.start();
    for (const step of this.#schedule.steps) {
      await this.#step(step);
      this.#look(step.kind === 'wait' || step.kind === 'drive');
    }
    // The world calms down, and everything must be found out and made good.
    api.calm();
    this.#rig.server.lag(false);
    this.#full = 0;
    for (const witness of this.#witnesses) witness.release();
    if (this.#schedule.shared !== undefined) await this.#makeRoom();
    const quiescence = QUIESCENCE_MS + (this.#deafened ? FRUITLESS_MS : 0);
    for (let waited = 0; waited < quiescence; waited += 15_000) {
      await clock.advance(15_000);
      this.#look(true);
    }
    // Without time passing: what is under way, turn by turn, ends.
    for (let i = 0; i < 100 && this.#witnesses.some((witness) => (witness.handle?.waiting ?? 0) > 0); i += 1) await clock.settle();
    this.#wrong.push(...this.#judge());
    await this.#rig.informer.stop();
    await clock.settle();
    if (clock.pending !== 0) this.#wrong.push(`${clock.pending} timers were left behind`);
    if (api.open !== 0) this.#wrong.push(`${api.open} streams were left behind`);
    for (const witness of this.#witnesses) witness.remove();
    return this.#wrong;
  }

  #witness(kind: HandlerKind): Witness {
    return new Witness(kind, this.#rig, (uid) => this.#met && !this.#rig.server.owns(uid));
  }

  async #step(step: Step): Promise<void> {
    const { clock, informer, server, api } = this.#rig;
    switch (step.kind) {
      case 'put':
        if (this.#mayWrite()) this.#put(step.namespace, step.name, step.matches);
        return;
      case 'delete':
        if (this.#mayWrite()) server.delete(step.namespace, step.name);
        this.#rig.twin?.server.delete(step.namespace, step.name);
        return;
      case 'recreate':
        if (!this.#mayWrite(2)) return;
        server.delete(step.namespace, step.name);
        this.#put(step.namespace, step.name, true);
        return;
      case 'other-write':
        if (this.#mayWrite()) server.otherWrite();
        return;
      case 'wait':
        return clock.advance(step.ms);
      case 'fault': {
        const fault = modelFault(step.fault, step.after);
        if (step.fault === 'low-bookmark' || step.fault === 'status-too-large') this.#mayRegress = true;
        this.#names.set(fault, step.fault);
        api.plan(step.request, fault, step.times);
        return;
      }
      case 'drive':
        await this.#drive(step.to, step.ms);
        return this.#server(step.event, step.amount);
      case 'server':
        return this.#server(step.event, step.amount);
      case 'handler':
        this.#witnesses.push(this.#witness(step.handler));
        return;
      case 'scope':
        this.#namespaces = step.namespaces;
        informer.setNamespaces(step.namespaces);
        this.#forget();
        return;
      case 'save':
        return this.#save(step.amid === true);
      case 'full':
        this.#full += step.times;
        return;
      case 'restart':
        return this.#restart(step);
    }
  }

  async #save(amid: boolean): Promise<void> {
    const saved = this.#rig.informer.save();
    if (!amid) return saved;
    // Ended amid it, it may be too late to save.
    saved.catch(() => undefined);
  }

  async #restart(step: Restart): Promise<void> {
    const { clock, reports } = this.#rig;
    const kinds = this.#witnesses.filter((witness) => !witness.gone).map((witness) => witness.kind);
    for (const witness of this.#witnesses) {
      this.#wrong.push(...witness.wrong);
      witness.remove();
    }
    let held: readonly string[] | undefined;
    const state = { done: false };
    const restarted = this.#rig
      .restart(this.#namespaces, () => {
        if (step.file === 'last') held = this.#heldWhole();
        this.#begun = this.#files.arrange(step);
        this.#reportsBefore = reports.length;
        this.#met = false;
      })
      .finally(() => (state.done = true));
    for (let i = 0; i < 5 && !state.done; i += 1) await clock.settle();
    // A server that is elsewhere than the file says is asked who it is, for five seconds each.
    for (let seconds = 0; seconds < 12 && !state.done; seconds += 1) await clock.advance(1000);
    if (!state.done) this.#wrong.push('an informer was not restored within 12 s');
    await restarted;
    const moved = this.#begun?.file === undefined ? step.moved === true : !this.#begun.inPlace;
    this.#coverage.hit(step.file, `${step.meets ?? 'same'}${moved ? ' moved' : ''}`);
    const unused = reports.slice(this.#reportsBefore).some((report) => report.kind === 'snapshot-unused');
    this.#coverage.hit(unused ? 'unused' : 'shown', 'file');
    const shown = [...this.#rig.held(), ...this.#rig.held(TWIN)];
    this.#wrong.push(...wrongAtTheBeginning(this.#begun, unused, shown, held, this.#schedule.shared === undefined));
    this.#seen.clear();
    this.#witnesses = kinds.map((kind) => this.#witness(kind));
    this.#fillUp();
    this.#rig.informer.start();
  }

  /** What the view holds of all clusters where a file that is saved now holds all of it; else undefined. */
  #heldWhole(): readonly string[] | undefined {
    const { informer, reports } = this.#rig;
    const damaged =
      this.#begun?.file?.sound === false || reports.slice(this.#reportsBefore).some((report) => report.kind === 'corrupt-object');
    if (damaged || !informer.hasSynced || this.#schedule.shared !== undefined) return undefined;
    return [...this.#rig.held(), ...this.#rig.held(TWIN)];
  }

  /** Once the server has said who it is, nothing of another may be shown. */
  #lookForForeign(when: string): void {
    const { informer, server, api } = this.#rig;
    if (!api.named) return;
    for (const entry of informer.view.select({ cluster: '' }))
      if (!server.owns(entry.uid)) this.#wrong.push(`${when}, after ${server.name} said who it is: the view holds ${entry.uid}`);
  }

  /** Brings the reflectors to a state that seldom comes by itself. */
  async #drive(to: Extract<Step, { kind: 'drive' }>['to'], ms: number): Promise<void> {
    const { clock, server, api } = this.#rig;
    const plan = (request: 'any' | 'watch' | 'stream' | 'list', fault: FaultName, times: number): void => {
      const planned = modelFault(fault, 0);
      this.#names.set(planned, fault);
      api.plan(request, planned, times);
    };
    if (to === 'Regressed' || to === 'Stale') this.#mayRegress = true;
    if (to === 'Regressed') plan('watch', 'low-bookmark', 1);
    else if (to === 'Relisting') {
      // What is held is expired, and so is the list from there: the newest state is asked for, again and again.
      const request = this.#schedule.streams ? 'stream' : 'list';
      plan('watch', 'status-410', 1);
      plan(request, 'status-410', 1);
      plan(request, 'refused', 3);
    } else
      plan('any', to === 'Gone' ? 'status-404' : to === 'Forbidden' ? 'status-403' : to === 'Stale' ? 'status-too-large' : 'refused', 4);
    server.cut();
    await clock.advance(ms);
  }

  async #server(event: ServerEvent, amount: number): Promise<void> {
    const { clock, server } = this.#rig;
    for (const scope of this.#scopes()) this.#coverage.hit(event, scope.state);
    if (event === 'cut') server.cut();
    else if (event === 'end') server.end();
    else if (event === 'restart') server.restart();
    else if (event === 'compact') server.compact();
    else if (event === 'lag') {
      this.#mayRegress = true;
      this.#mayFallSilent = true;
      server.lag(amount % 2 === 1);
    } else if (event === 'deafen') {
      if (!this.#mayWrite()) return;
      this.#deafened = true;
      this.#mayFallSilent = true;
      server.deafen();
    } else if (event === 'reshape') {
      if (this.#mayWrite()) server.reshape((payload) => payload + 1000);
    } else {
      // What is under way reaches the reader first: answers that outlive their server could not be told from the new one's.
      for (let i = 0; i < 12; i += 1) await clock.settle();
      // Between a list and its watch nobody asks, and the restored server may be met by that watch.
      if (this.#scopes().some((scope) => scope.state !== 'Watching') || this.#rig.api.open < this.#scopes().length)
        this.#mayFallSilent = true;
      this.#restores.restore(server, Math.max(server.oldest, server.rev - amount));
    }
  }

  /** Takes away so much that the rest fits into a store that was full; not before a restore was noticed. */
  async #makeRoom(): Promise<void> {
    const { clock, server, twin } = this.#rig;
    await clock.advance(15_000);
    const noticed = (): boolean => this.#restores.mayWrite(server, this.#scopes(), 1, true);
    for (const { namespace, name } of [...server.state().values()].slice(FITS)) {
      for (let waited = 0; waited < QUIESCENCE_MS && !noticed(); waited += 15_000) await clock.advance(15_000);
      // A scope that has noticed, and whose list does not fit, still stands at the version from before.
      const full = this.#scopes().every((scope) => Number(scope.resourceVersion) <= server.rev || scope.counters.regressions > 0);
      if (!noticed() && !full) this.#wrong.push('a restore was never noticed');
      server.delete(namespace, name);
    }
    for (const { namespace, name } of [...(twin?.server.state().values() ?? [])].slice(FITS)) twin?.server.delete(namespace, name);
  }

  #put(namespace: string, name: string, matches: boolean): void {
    const labels = { sel: matches ? 'yes' : 'no' };
    this.#rig.server.put(namespace, name, (this.#payload += 1), labels);
    this.#rig.twin?.server.put(namespace, name, this.#payload * 3, labels);
  }

  /** Lets the store of the informer that runs now refuse as many lists as it is to. */
  #fillUp(): void {
    const refuses = (): boolean => {
      if (this.#full === 0) return false;
      this.#full -= 1;
      return true;
    };
    refuseLists((this.#rig.informer as ObjectInformer<Thing>).writer, refuses, (message) => this.#wrong.push(message));
  }

  /** Those of the first cluster, which has the faults. */
  #scopes(): readonly ScopeStatus[] {
    return this.#rig.informer.scopes().filter((scope) => scope.cluster === '');
  }

  #mayWrite(count = 1): boolean {
    return this.#restores.mayWrite(this.#rig.server, this.#scopes(), count);
  }

  /**
   * What left the view with its scope was told as gone; what comes when the scope is added again is new. Nobody could tell whether the server
   * went back and wrote past it meanwhile.
   */
  #forget(): void {
    if (this.#namespaces.includes('')) return;
    for (const id of this.#seen.keys()) {
      const namespace = id.slice(id.indexOf(' ') + 1, id.indexOf('/'));
      if (!this.#namespaces.includes(namespace)) this.#seen.delete(id);
    }
  }

  /** What any reader could see now: nothing may have gone back within an epoch. `settled`: what was heard has had its effects. */
  #look(settled: boolean): void {
    const { informer, api } = this.#rig;
    this.#files.note();
    if (this.#schedule.shared !== undefined) {
      if (this.#reader?.informer !== informer) this.#reader = new SharedReader(informer);
      const difference = this.#reader.difference();
      if (difference !== undefined) this.#wrong.push(difference);
    }
    if (settled) this.#met = api.named;
    if (this.#met) this.#lookForForeign('later');
    const missing = informer.hasSynced ? informer.scopes().find((scope) => !scope.synced) : undefined;
    if (missing !== undefined) this.#wrong.push(`synced, although ${missing.scope} was never complete`);
    for (const entry of informer.view.select({ cluster: '' })) {
      const scope = this.#scopes().find((candidate) => candidate.namespace === entry.key.namespace || candidate.namespace === '');
      const id = `${scope?.epoch ?? 0} ${entry.key.namespace}/${entry.key.name} ${entry.uid}`;
      const version = Number(entry.version);
      const before = this.#seen.get(id) ?? 0;
      if (version < before) this.#wrong.push(`a reader saw ${id} go back from ${before} to ${version}`);
      this.#seen.set(id, version);
    }
  }

  #judge(): string[] {
    const { informer, server, reports } = this.#rig;
    const foreign = reports.slice(this.#reportsBefore).find((report) => report.kind === 'snapshot-foreign');
    if (foreign !== undefined) this.#coverage.hit('foreign', 'file');
    if (foreign !== undefined && this.#begun?.file?.sound === true && this.#begun.own)
      this.#wrong.push(`a file of its own: ${foreign.message}`);
    // A server that was restored is silent to a watch from a version that it lost: who asks first never hears that silence. (Where each
    // step is a turn, the time of one step passes amid a list.)
    for (const scope of this.#scopes())
      if (scope.counters.idle > 0 && !this.#mayFallSilent && this.#schedule.sliceMs > 0)
        this.#wrong.push(`a watch of scope ${scope.scope} fell silent: its resume was not proven`);
    for (const scope of this.#scopes())
      if (scope.epoch > 1 && server.restores === 0 && !this.#mayRegress)
        this.#wrong.push(`scope ${scope.scope} is in epoch ${scope.epoch} of a server that never went back`);
    const { view } = informer;
    this.#wrong.push(...wrongInIndex(this.#program, view.select(), (value) => view.select(parityQuery(value))));
    return wrongAtTheEnd(this.#rig, this.#witnesses, this.#namespaces, (object) => this.#isShown(object));
  }

  /** Whether the view may hold an object of a namespace that is watched. */
  #isShown(object: ModelObject): boolean {
    return (!this.#schedule.selector || object.labels['sel'] === 'yes') && isKept(this.#program, object);
  }
}
