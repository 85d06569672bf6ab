import type { ObjectTable } from '../storage/object-table.ts';
import type { ServedResource } from '../served-resource.ts';

/** One resource (group and plural) in all the versions that are served, with its objects. */
export class ServedKind {
  readonly group: string;
  readonly plural: string;
  /** The table of the objects; two kinds may share one (Event in two groups). */
  readonly table: ObjectTable;
  /** The CustomResourceDefinition it comes from; undefined for built-in kinds. */
  readonly crd: string | undefined;
  versions: ReadonlyMap<string, ServedResource>;
  storageVersion: string;
  /** Increases with each change of the schema, which invalidates presented objects. */
  epoch = 0;
  /** The CRD is being deleted: nothing may be created. */
  terminating = false;
  /** Wall-clock ms from which lists and watches are answered; undefined until the first request makes the storage. */
  readyAt: number | undefined;
  readonly #watches = new Set<() => void>();

  constructor(options: {
    group: string;
    plural: string;
    table: ObjectTable;
    crd?: string;
    versions: ReadonlyMap<string, ServedResource>;
    storageVersion: string;
  }) {
    this.group = options.group;
    this.plural = options.plural;
    this.table = options.table;
    this.crd = options.crd;
    this.versions = options.versions;
    this.storageVersion = options.storageVersion;
  }

  get builtin(): boolean {
    return this.crd === undefined;
  }

  /** Open watches. */
  get watchCount(): number {
    return this.#watches.size;
  }

  /** Registers a callback for the end of all open watches; returns a function that removes it. */
  onEnd(end: () => void): () => void {
    this.#watches.add(end);
    return () => void this.#watches.delete(end);
  }

  /** Ends every open watch: a clean end of the stream. */
  endWatches(): void {
    for (const end of this.#watches) end();
  }
}
