import type { Entry, IndexExtractor } from '@kubecast/store';
import type { ModelObject, Thing } from '../../testing/index.ts';
import type { Program } from '../schedule.ts';

const PARITY = 'parity';

/** Payloads for which the extractor throws, or gives what no index takes. */
const unindexed = (payload: number): boolean => payload % 5 === 0 || payload % 11 === 0;
/** Payloads that the transform throws for. */
const untransformed = (payload: number): boolean => payload % 7 === 0;

/** The options of an informer whose functions throw for some objects. */
export function programOptions(program: Program): {
  readonly indexes?: Readonly<Record<string, IndexExtractor<Thing>>>;
  readonly transform?: (object: Record<string, unknown>) => Record<string, unknown>;
} {
  const extract = ({ value }: Entry<Thing>): readonly string[] => {
    const { payload } = value.spec;
    if (payload % 5 === 0) throw new Error('thrown by the oracle');
    return payload % 11 === 0 ? (undefined as unknown as readonly string[]) : [String(payload % 2)];
  };
  const transform = (object: Record<string, unknown>): Record<string, unknown> => {
    if (untransformed((object['spec'] as Thing['spec']).payload)) throw new Error('thrown by the oracle');
    return object;
  };
  return {
    ...(program === 'index' || program === 'both' ? { indexes: { [PARITY]: extract } } : {}),
    ...(program === 'transform' || program === 'both' ? { transform } : {}),
  };
}

/** Whether the view may hold an object at all. */
export function isKept(program: Program, { payload }: Pick<ModelObject, 'payload'>): boolean {
  return !((program === 'transform' || program === 'both') && untransformed(payload));
}

/** What is wrong with the index beside what the view holds. */
export function wrongInIndex(program: Program, held: Iterable<Entry<Thing>>, found: (value: string) => Iterable<Entry<Thing>>): string[] {
  if (program !== 'index' && program !== 'both') return [];
  const idOf = ({ key, value }: Entry<Thing>): string => `${key.cluster}/${key.namespace}/${key.name} ${value.spec.payload}`;
  const all = [...held].filter(({ value }) => !unindexed(value.spec.payload));
  return ['0', '1'].flatMap((parity) => {
    const expected = all
      .filter(({ value }) => String(value.spec.payload % 2) === parity)
      .map(idOf)
      .sort();
    const got = [...found(parity)].map(idOf).sort();
    return got.join() === expected.join() ? [] : [`the index holds under ${parity}: ${got.join(', ')}; right: ${expected.join(', ')}`];
  });
}

export const parityQuery = (value: string): { readonly index: { readonly name: string; readonly value: string } } => ({
  index: { name: PARITY, value },
});
