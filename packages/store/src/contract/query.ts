import type { LabelSelector } from '../selectors/label-selector.ts';

/** Which entries to select. All given parts must hold. An empty query selects everything. */
export interface Query {
  readonly cluster?: string;
  readonly namespace?: string;
  /** As a parsed selector, see parseLabelSelector. */
  readonly labels?: LabelSelector;
  /** Entries that the named index holds under the value. */
  readonly index?: { readonly name: string; readonly value: string };
  /** Names that start with this. */
  readonly namePrefix?: string;
}
