import type { Key, RawRecord, ScopeId } from '@kubecast/store';

/** An object that proves itself: its text can be made again from its number and version, and from nothing else. */
export interface Proven {
  readonly spec: { readonly id: number; readonly version: number; readonly text: string };
}

/** Words that main thread, writer and readers share besides the store. */
export const STOP = 0;
/** The writer is to stop before one of its atomic stores; it says when it did. */
export const FREEZE = 1;
export const FROZEN = 2;
/** Objects below this are in the store for good. */
export const LASTING = 3;
export const WRITES = 4;
/** Never changes: something to wait on. */
export const IDLE = 5;
/** The writer grows from when this is set: when the readers read. */
export const GROW = 6;
/** Readers read single objects alone while this is set: none of them holds a lease. */
export const POINTS = 7;
export const READER = 8;
export const READER_WORDS = 8;
/** A reader's words. */
export const GETS = 0;
export const SELECTS = 1;
export const EXPIRED = 2;
export const FAULTS = 3;
/** The reader has seen POINTS, and holds no lease. */
export const UNLEASED = 4;
export const FLAG_WORDS = 64;

/** Objects that a relist always changes together. */
export const GROUP = 50;
/** From here on numbers come and go. */
export const FLEETING = 1_000_000;

export function keyOf(id: number): Key {
  return { cluster: '', namespace: `ns-${id % 5}`, name: `thing-${id}` };
}

export function textOf(id: number, version: number): string {
  let text = '';
  let state = Math.imul(id + 1, 0x9e3779b1) ^ version;
  const length = 20 + ((state >>> 7) % 90);
  for (let i = 0; i < length; i += 1) {
    state = Math.imul(state ^ (state >>> 13), 0x5bd1e995);
    text += (state >>> 0).toString(36);
  }
  return text;
}

export function recordOf(id: number, version: number, namespace: string = keyOf(id).namespace, scope = ''): RawRecord {
  const object = {
    metadata: { name: keyOf(id).name, namespace, uid: `uid-${id}`, resourceVersion: String(version), labels: { shelf: `s-${id % 20}` } },
    spec: { id, version, text: textOf(id, version) },
  };
  return { object: new TextEncoder().encode(JSON.stringify(object)), scope: scope as ScopeId };
}
