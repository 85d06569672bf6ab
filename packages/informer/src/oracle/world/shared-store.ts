import { attach, isStoreError } from '@kubecast/store';
import type { Entry, IndexExtractor, ObjectStore, SharedOptions, View } from '@kubecast/store';
import type { Informer } from '../../contract/informer.ts';
import type { InformerOptions } from '../../contract/informer-options.ts';
import type { Thing } from '../../testing/index.ts';

/** What the store of an informer runs out of: records, or keys and indexes. */
export const SHORT = ['records', 'indexes'] as const;
export type Short = (typeof SHORT)[number];

/** A store that holds some six of the objects of a schedule. */
const BOUNDS: Readonly<Record<Short, SharedOptions>> = {
  records: { recordBytes: 2 << 20, indexBytes: 1 << 20 },
  indexes: { recordBytes: 4 << 20, indexBytes: 1 << 16 },
};
/** Objects of a cluster that always fit, beside those that they take the place of. */
export const FITS = 1;

/** Three times this is below what has a slab of its own, which a store of two slabs has no room for. */
const PAD_BYTES = 42_000;
const TEXT_LENGTH = 3_500;

/** The options of an informer whose store soon is full: the program makes its records large, or gives it long values to index. */
export function shortOptions(
  short: Short,
  { transform, indexes }: Pick<InformerOptions<Thing>, 'transform' | 'indexes'>,
): Pick<InformerOptions<Thing>, 'store' | 'transform' | 'indexes'> {
  const store = { hotBytes: 0, shared: BOUNDS[short] };
  if (short === 'records') {
    const padded = (object: Record<string, unknown>): Record<string, unknown> => {
      const spec = object['spec'] as Thing['spec'];
      return { ...object, spec: { ...spec, pad: 'x'.repeat(PAD_BYTES * (1 + (spec.payload % 3))) } };
    };
    return { store, ...(indexes ? { indexes } : {}), transform: (object) => padded(transform === undefined ? object : transform(object)) };
  }
  const long: IndexExtractor<Thing> = ({ value }) => [String(value.spec.payload).padEnd(TEXT_LENGTH * (1 + (value.spec.payload % 2)), '-')];
  return { store, ...(transform ? { transform } : {}), indexes: { ...indexes, long } };
}

/** Reads a store as another thread does, by its handle, and compares it with the view. */
export class SharedReader {
  readonly informer: Informer<Thing>;
  readonly #reader: View<Thing>;

  constructor(informer: Informer<Thing>) {
    this.informer = informer;
    this.#reader = attach<Thing>(informer.share(), { hotBytes: 0 });
  }

  /** What differs; undefined: nothing. */
  difference(): string | undefined {
    const shown = linesOf(this.informer.view);
    const read = linesOf(this.#reader);
    return shown === read ? undefined : `a reader of the shared store sees another state:\n  view   ${shown}\n  reader ${read}`;
  }
}

function linesOf(view: View<Thing>): string {
  const lineOf = ({ key, uid, version }: Entry<Thing>): string => `${key.cluster}/${key.namespace}/${key.name} ${uid}@${version}`;
  return [...view.select()].map(lineOf).join(', ');
}

/** Lets a store refuse lists when it is asked to, as one without room does, and notes each removal that it refuses, which it must not. */
export function refuseLists(writer: ObjectStore<Thing>, refuses: () => boolean, wrong: (message: string) => void): void {
  const replace = writer.replace.bind(writer);
  const remove = writer.remove.bind(writer);
  writer.remove = (key, uid, final) => {
    try {
      return remove(key, uid, final);
    } catch (error) {
      if (isStoreError(error) && error.code === 'SHARED_FULL') wrong(`a removal was refused: ${error.message}`);
      throw error;
    }
  };
  writer.replace = (scope) => {
    const replacement = replace(scope);
    return {
      ...replacement,
      commit: (version) => {
        // What leaves with its scope, or is taken over, is no list.
        if (version !== '' && refuses()) throw new Error('the store is full');
        return replacement.commit(version);
      },
    };
  };
}
