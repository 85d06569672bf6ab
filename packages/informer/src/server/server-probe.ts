import type { ResourceSource } from '@kubecast/client';
import { compareResourceVersions } from '@kubecast/store';
import type { Clock } from '@kubecast/clock';
import { Fault, faultOf } from './fault.ts';
import { FrameReader } from './frame-reader.ts';

/** A name that no object has: the probe's list is empty on every server that answers it. */
const NOBODY = 'kubecast-nobody-has-this-name';

/** Asks a server at which version it stands, by a list that costs it nothing. */
export class ServerProbe {
  readonly #source: ResourceSource;
  readonly #clock: Clock;
  /** The time until the answer is given up, for a start; throws the fault then. */
  readonly #idleWait: (since: number) => number;
  readonly #counters: { probes: number };

  constructor(source: ResourceSource, clock: Clock, counters: { probes: number }, idleWait: (since: number) => number) {
    this.#source = source;
    this.#clock = clock;
    this.#counters = counters;
    this.#idleWait = idleWait;
  }

  /** The version of a consistent read. */
  newest(signal: AbortSignal): Promise<string> {
    return this.#ask({}, signal);
  }

  /**
   * The version of a consistent read, and whether it stands below this one; undefined where none is to be had. It tells a server that went back
   * from a replica that lags at once: a read at the newest state is answered from etcd's own revision, whatever the replica's cache holds. To wait
   * instead is not only slow: writes to a restored server would pass our version meanwhile, and nobody could tell any more.
   */
  async newestBelow(version: string, signal: AbortSignal): Promise<{ readonly newest: string; readonly below: boolean } | undefined> {
    if (version === '') return undefined;
    try {
      const newest = await this.newest(signal);
      return { newest, below: isBelow(newest, version) };
    } catch {
      // It proves nothing either way; the wait goes on.
      return undefined;
    }
  }

  /**
   * A list not older than the version: answered only by a server that has reached it.
   * @throws a Fault if it has not, or could not be asked
   * @returns the version that the server stands at, or why it refused the question: one that does not understand it, or forbids lists. The watch
   * is tried then
   */
  async prove(version: string, signal: AbortSignal): Promise<{ readonly newest: string } | { readonly refused: string }> {
    try {
      const newest = await this.#ask({ resourceVersion: version, resourceVersionMatch: 'NotOlderThan' }, signal);
      if (isBelow(newest, version)) throw new Fault('too-large', `the server answers with version ${newest}, below ${version}`);
      return { newest };
    } catch (error) {
      const fault = faultOf(error);
      if (signal.aborted || (fault.kind !== 'invalid' && fault.kind !== 'forbidden')) throw error;
      return { refused: `whether the server knows ${version} could not be asked: ${fault.message}` };
    }
  }

  async #ask(options: { resourceVersion?: string; resourceVersionMatch?: 'NotOlderThan' }, signal: AbortSignal): Promise<string> {
    this.#counters.probes += 1;
    const begun = this.#clock.now();
    const reader = new FrameReader(
      (inner) => this.#source.listPages({ ...options, fieldSelector: `metadata.name=${NOBODY}`, limit: 0 }, inner),
      signal,
    );
    reader.guard(this.#clock, () => this.#idleWait(begun));
    try {
      let version = '';
      for (;;) {
        const page = await reader.next();
        if (page === undefined) return version;
        version = page.resourceVersion;
      }
    } finally {
      reader.close();
    }
  }
}

function isBelow(version: string, than: string): boolean {
  return compareResourceVersions(version, than) === -1;
}
