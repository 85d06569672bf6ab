import { checkOptions } from '../arguments.ts';
import { ConcurrentMapError, MapOptionsError } from '../errors.ts';
import { formatCompositeKey, type CompositeKey } from './object-keys.ts';

type ObjectId = Omit<CompositeKey, 'resourceVersion'>;

/** A resourceVersion is a decimal number without leading zeros (KEP-5504): longer ones are larger. */
function compareVersions(a: string, b: string): number {
  return a.length - b.length || (a < b ? -1 : a > b ? 1 : 0);
}

/**
 * Objects of all kinds by their composite key, each in its last few versions. A newer version drops the oldest ones as it comes, so the cache never holds more
 * than `keep` versions of an object, and a version that comes late is dropped at once if it is older than all of those.
 */
export class VersionCache<T> {
  readonly #keep: number;
  readonly #objects = new Map<string, { readonly version: string; readonly value: T }[]>();
  #size = 0;

  constructor(options: { readonly keep?: number } = {}) {
    checkOptions('a VersionCache', options, ['keep']);
    const { keep = 1 } = options;
    if (!Number.isSafeInteger(keep) || keep < 1)
      throw new MapOptionsError(`the option "keep" of a VersionCache is an integer of at least 1, not ${String(keep)}`);
    this.#keep = keep;
  }

  /** Versions that are held, of all objects together. */
  get size(): number {
    return this.#size;
  }

  get objects(): number {
    return this.#objects.size;
  }

  /** False when newer versions fill the object's places already. */
  put(key: CompositeKey & { readonly resourceVersion: string }, value: T): boolean {
    const { resourceVersion } = key;
    if (typeof resourceVersion !== 'string' || !/^[1-9][0-9]*$/.test(resourceVersion))
      throw new ConcurrentMapError('MAP_KEY', `${JSON.stringify(resourceVersion)} is no resourceVersion: it is a decimal number above 0`);
    const id = this.#idOf(key);
    const versions = this.#objects.get(id) ?? [];
    // Newest first; there are few.
    let at = 0;
    while (at < versions.length && compareVersions((versions[at] as { version: string }).version, resourceVersion) > 0) at += 1;
    if (versions[at]?.version === resourceVersion) {
      versions[at] = { version: resourceVersion, value };
      return true;
    }
    if (at >= this.#keep) return false;
    versions.splice(at, 0, { version: resourceVersion, value });
    this.#size += 1;
    if (versions.length > this.#keep) {
      versions.pop();
      this.#size -= 1;
    }
    this.#objects.set(id, versions);
    return true;
  }

  /** The newest version that is held, or the one that is named. */
  get(key: CompositeKey): T | undefined {
    const versions = this.#objects.get(this.#idOf(key));
    return (key.resourceVersion === undefined ? versions?.[0] : versions?.find(({ version }) => version === key.resourceVersion))?.value;
  }

  /** The object is gone, in all its versions. */
  delete(key: ObjectId): boolean {
    const id = this.#idOf(key);
    this.#size -= this.#objects.get(id)?.length ?? 0;
    return this.#objects.delete(id);
  }

  #idOf({ group, version, kind, namespace, name }: ObjectId): string {
    return formatCompositeKey({ group, version, kind, namespace, name });
  }
}
