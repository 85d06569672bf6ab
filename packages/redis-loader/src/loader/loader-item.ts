import { checkKey } from '../check-input.ts';
import type { ConnectionStatus } from '../connection/connection.ts';
import { isRedisLoaderError } from '../errors.ts';
import type { ShelvedPayload } from '../payloads/payload-shelf.ts';
import { isSameOwner } from '../values/envelope.ts';
import type { KeyTemplate } from '../values/key-template.ts';
import type { Answer } from './judge-answer.ts';
import type { Held, LoadFailure, Wanted } from './wanted.ts';

/** The last good value of an item. */
export interface HeldValue<P> extends ShelvedPayload<P> {
  /** Of its envelope. */
  readonly version: string | undefined;
  /** The announced version that this value is right for; undefined: none, it stood under another key. */
  readonly forVersion: string | undefined;
  /** Of the value in Redis. */
  readonly bytes: number;
  /** SHA-1 of what it was read from; only where it cannot prove its version. */
  readonly print?: string;
}

/** How far the looks at one value are. */
export interface Look {
  readonly key: string;
  /** Clock.now() when the value was taken for the announced one. */
  readonly since: number;
  /** How many of the times have come. */
  times: number;
  /** It is to be read, or is being read. */
  due: boolean;
  /** It became due once more while it was being read: the answer on its way may be too old. */
  again: boolean;
}

/** What the plain key held, while the key of the announced version is asked. */
export interface Deferred<P> {
  readonly answer: Answer<P>;
  readonly bytes: Buffer | null;
  readonly versionKey: string;
}

/** 'idle': nothing to do. 'queued': in the next batches. 'reading': asked for. 'waiting': failed, tried again when due. */
export type ItemPhase = 'idle' | 'queued' | 'reading' | 'waiting';

/** One wanted value and how far it is. Owned by the loader. */
export interface Item<P> {
  wanted: Wanted;
  key: string;
  /** Grows with each change of what is wanted: an answer to an older question is not trusted. */
  generation: number;
  phase: ItemPhase;
  held: HeldValue<P> | undefined;
  /** Clock.now() since when the held value is not the announced one. */
  staleSince: number;
  failure: LoadFailure | undefined;
  /** Whether the announced version is loaded, or known not to be there as announced. */
  determined: boolean;
  attempts: number;
  /** How often a batch with it cut the connection or never came back; each time it is asked for in smaller company. */
  suspicion: number;
  /** The `due` ticket that counts. */
  ticket: number;
  /** Present while the key of the version is asked, because the plain key did not prove to hold it. */
  deferred: Deferred<P> | undefined;
  /** Present while it holds a value that cannot prove its version. */
  look: Look | undefined;
}

/** The key that is read next for an item. */
export function readKeyOf<P>(item: Item<P>): string {
  return item.deferred?.versionKey ?? item.key;
}

export function makeItem<P>(wanted: Wanted, key: string): Item<P> {
  return {
    wanted,
    key,
    generation: 0,
    phase: 'idle',
    held: undefined,
    staleSince: 0,
    failure: undefined,
    determined: false,
    attempts: 0,
    suspicion: 0,
    ticket: 0,
    deferred: undefined,
    look: undefined,
  };
}

export function isSatisfied<P>(item: Item<P>): boolean {
  return item.held !== undefined && item.held.forVersion === item.wanted.version;
}

/** Whether both ask for the same value of the same key. */
export function isSameWant(a: Wanted, aKey: string, b: Wanted, bKey: string): boolean {
  return a.version === b.version && aKey === bKey && isSameOwner(a.owner, b.owner);
}

/** The key of a want; where none can be made of its names, why. */
export function keyOf(template: KeyTemplate, wanted: Wanted): { readonly key: string; readonly problem?: string } {
  try {
    const key = wanted.key ?? template.render({ ...wanted.fields, ...wanted.owner });
    checkKey(key);
    return { key };
  } catch (error) {
    if (!isRedisLoaderError(error)) throw error;
    return { key: '', problem: error.message };
  }
}

/** That Redis cannot be asked, if it is so. */
export function awayFailure({ state, reason, since }: ConnectionStatus, key: string): LoadFailure | undefined {
  if (state === 'ready' || state === 'idle') return undefined;
  const what =
    state === 'refused' ? 'Redis refuses the connection' : state === 'closed' ? 'the loader is closed' : 'Redis is not connected';
  return { code: 'Away', message: reason === '' ? what : `${what}: ${reason}`, key, attempts: 0, since };
}

/** What is held of an item, but for the payload. */
export function describeItem<P>(item: Item<P>, evicted: boolean, now: number, status: () => ConnectionStatus): Held<P> {
  const { held } = item;
  const satisfied = isSatisfied(item);
  const error = satisfied ? undefined : (item.failure ?? awayFailure(status(), item.key));
  const why = error === undefined ? {} : { error };
  if (held === undefined) return { state: 'missing', staleForMs: 0, ...why };
  const version = held.version === undefined ? {} : { version: held.version };
  const gone = evicted ? ({ evicted: true } as const) : {};
  if (satisfied) return { state: held.version === undefined ? 'unverified' : 'current', ...version, staleForMs: 0, ...gone };
  return { state: 'stale', ...version, staleForMs: Math.max(0, now - item.staleSince), ...why, ...gone };
}
