import type { Clock } from '@kubecast/clock';
import { saveStore } from '@kubecast/store';
import type { ObjectStore, ScopeId } from '@kubecast/store';
import type { ReflectorReport } from '../contract/reflector-report.ts';
import { serverEntries } from './snapshot.ts';
import type { SavedServer, SnapshotPlace } from './snapshot.ts';

/** Records of a loaded file that are compared with their checksums before the clock is read. */
const CHECKED_AT_ONCE = 256;

export interface SnapshotKeeperHost<T> {
  readonly writer: ObjectStore<T>;
  readonly clock: Clock;
  readonly sliceMs: number;
  readonly identity: string;
  /** The version of each scope that is complete in the view, and lacks nothing. */
  versions(): ReadonlyMap<ScopeId, string>;
  servers(): ReadonlyMap<string, SavedServer>;
  /** Whether a complete list stands in the view: what was never complete is not worth the place of the last good file. */
  worthSaving(): boolean;
  report(report: ReflectorReport): void;
}

/** Saves an informer's view, one save at a time. */
export class SnapshotKeeper<T> {
  readonly #host: SnapshotKeeperHost<T>;
  readonly #place: SnapshotPlace;
  #saving: Promise<void> | undefined;

  constructor(host: SnapshotKeeperHost<T>, place: SnapshotPlace) {
    this.#host = host;
    this.#place = place;
  }

  /** Saves the view as it stands when its turn comes: a save that was asked for meanwhile comes after the one that runs. */
  save(): Promise<void> {
    const { writer, clock, identity } = this.#host;
    const { files, path, secrets } = this.#place;
    const saved = (this.#saving ?? Promise.resolve())
      .catch(() => undefined)
      .then(() =>
        saveStore(writer, files, path, {
          identity,
          versions: new Map([...this.#host.versions(), ...serverEntries(this.#host.servers())]),
          clock,
          ...(secrets === undefined ? {} : { secrets }),
        }),
      );
    this.#saving = saved;
    return saved;
  }

  /** Saves what is worth it, unasked, and reports where that does not work. */
  async trySave(): Promise<void> {
    if (!this.#host.worthSaving()) return;
    try {
      await this.save();
    } catch (error) {
      this.#host.report({ kind: 'snapshot-failed', message: error instanceof Error ? error.message : String(error) });
    }
  }

  /** Saves on an interval until the signal is aborted. */
  async keepSaving(signal: AbortSignal): Promise<void> {
    const { clock } = this.#host;
    const everyMs = this.#place.everyMs ?? 0;
    if (everyMs <= 0) return;
    for (;;) {
      try {
        await clock.sleep(everyMs * (0.9 + 0.2 * clock.random()), signal);
      } catch {
        return;
      }
      await this.trySave();
    }
  }

  /** Compares all that came from the file with its checksums, a little at a time. Returns how many records were damaged. */
  async checkFile(signal: AbortSignal): Promise<number> {
    const { writer, clock, sliceMs } = this.#host;
    let begun = clock.now();
    while (!signal.aborted && writer.check(CHECKED_AT_ONCE)) {
      if (clock.now() - begun < sliceMs) continue;
      await clock.yield();
      begun = clock.now();
    }
    return writer.counters.damaged;
  }
}
