export type { Clock } from './clock.ts';
export type { Change } from './change.ts';
export type { DeepReadonly, Entry } from './entry.ts';
export type { Key } from './key.ts';
export type { LabelRequirement, LabelSelector } from './label-selector.ts';
export type { Query } from './query.ts';
export type { RawRecord, ScopeId } from './record.ts';
export type { View } from './view.ts';
export type { IndexExtractor, Replacement, Writer } from './writer.ts';
