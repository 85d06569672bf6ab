import { compareResourceVersions } from '@kubecast/store';
import { Fault } from '../server/fault.ts';

/** A complete state that stands in the view already. */
export interface ResumePoint {
  readonly version: string;
  readonly epoch: number;
  /** Objects were skipped on the way there, and are to be listed for. */
  readonly damaged: boolean;
  /** It comes from a file; the calendar's time of its save. */
  readonly savedAt?: number;
}

/** Where the next list begins: at the newest state, or anywhere not older than what is held. */
export type ListFrom = 'latest' | 'held';

export interface PositionOptions {
  readonly resume?: ResumePoint;
  /** A list is complete only at or above this version: that of a scope which it takes over. `''`: any. */
  readonly notBelow?: () => string;
  /** The epoch of what it takes over. */
  readonly epochOf?: () => number;
}

/**
 * Where a reflector stands: the version that its view is complete at, the epoch, and what it needs next. This class alone writes them, and it
 * reads no clock and asks no server. Within an epoch the version never goes down.
 */
export class Position {
  readonly #o: PositionOptions;
  #version = '';
  #epoch = 1;
  #synced = false;
  #need: 'list' | 'watch' = 'list';
  #from: ListFrom = 'latest';
  #unproven = false;
  #regressing = false;

  constructor(options: PositionOptions = {}) {
    this.#o = options;
    const { resume } = options;
    if (resume === undefined || resume.version === '') return;
    this.#version = resume.version;
    this.#epoch = resume.epoch;
    this.#synced = true;
    this.#need = 'watch';
    this.#unproven = true;
  }

  /** The newest version known to be reached; `''` before the first list. */
  get version(): string {
    return this.#version;
  }
  /** Grows when the server is found to have gone back. */
  get epoch(): number {
    return this.#epoch;
  }
  /** Whether a complete list stands in the view. */
  get synced(): boolean {
    return this.#synced;
  }
  get need(): 'list' | 'watch' {
    return this.#need;
  }
  /** Whether the server must show that it knows the version before a watch from there is believed. */
  get unproven(): boolean {
    return this.#unproven;
  }
  /** Whether the next complete list begins a new epoch. */
  get regressing(): boolean {
    return this.#regressing;
  }
  /** The version that the next list must not be older than; `''`: the newest state is asked for. */
  get listVersion(): string {
    return this.#from === 'held' ? this.#version : '';
  }
  /** Whether the server's cache, whatever its age, may answer the next list: it may for one that holds nothing and takes nothing over. */
  get anyAge(): boolean {
    return this.#version === '' && !this.#regressing && this.#o.notBelow === undefined;
  }

  /** Whether a scope that is taken over has seen more than this version. */
  isBelowFloor(version: string): boolean {
    if (this.#synced || this.#regressing) return false;
    const floor = this.floor;
    return floor !== '' && compareResourceVersions(version, floor) === -1;
  }

  get floor(): string {
    return this.#o.notBelow?.() ?? '';
  }

  /** Judges a list that is complete at a version, before anything of it is shown. Undefined: it may be. */
  judge(version: string): Fault | undefined {
    if (version === '' || version === '0') return new Fault('invalid', 'the list carries no resourceVersion');
    if (this.isBelowFloor(version)) return new Fault('too-large', `the list stands at ${version}, below what is shown already`);
    if (this.#regressing || this.#version === '' || compareResourceVersions(version, this.#version) !== -1) return undefined;
    // A consistent read below what was seen is proof; one that was only to be "not older" may come from a replica that lags.
    if (this.#from === 'latest') return new Fault('regressed', `the newest list stands at ${version}, below ${this.#version}`);
    return new Fault('too-large', `the list stands at ${version}, below ${this.#version}`);
  }

  /** A complete list at this version stands in the view: called after the swap succeeded, never before. */
  took(version: string): void {
    if (!this.#synced) this.#epoch = Math.max(this.#epoch, this.#o.epochOf?.() ?? 1);
    if (this.#regressing) this.#epoch += 1;
    this.#regressing = false;
    this.#version = version;
    this.#synced = true;
    this.#need = 'watch';
    this.#from = 'held';
    this.#unproven = false;
  }

  /** An event or bookmark of this version was taken. True: the version moved. */
  heard(version: string): boolean {
    if (version === '' || version === this.#version) return false;
    this.#version = version;
    return true;
  }

  /** The connection said something that leaves open whether the server still knows the version. */
  doubt(): void {
    this.#unproven = this.#version !== '';
  }

  /** The server showed that it knows the version, or refused to be asked. */
  proven(): void {
    this.#unproven = false;
  }

  /** The next step is a list. */
  mustList(from: ListFrom): void {
    this.#need = 'list';
    this.#from = this.#regressing ? 'latest' : from;
  }

  /** The server went back: the next list is of its newest state and begins a new epoch. True: this was not known yet. */
  goBack(): boolean {
    const news = !this.#regressing;
    this.#regressing = true;
    this.mustList('latest');
    this.#unproven = false;
    return news;
  }
}
