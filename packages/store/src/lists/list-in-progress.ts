import type { KeyProbe } from '../keys/key-probe.ts';

/** A list that is collected aside: the first of an empty store, or any other. Nothing of it is visible before its commit. */
export interface ListInProgress {
  /**
   * Takes a record that was just written, or takes it back where a newer one of the same object is there.
   * @throws what the order of versions throws; the record was taken back then.
   */
  put(place: number, probe: KeyProbe, extract: (place: number) => readonly (readonly string[])[]): void;
  /** Keeps what stands in the store under the key of the probe with this UID, unless a record of the list is there. */
  keep(probe: KeyProbe, uid: string): void;
  /** Takes out the key of the probe, if it is there with this UID. */
  remove(probe: KeyProbe, uid: string): void;
  /** Lets go of all records. */
  abort(): void;
}
