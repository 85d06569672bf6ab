export { recordHistory } from './histories.ts';
export type { HistoryOptions, RecordedHistory, RecordedMap } from './histories.ts';
export { checkLinearizable } from './linearizability.ts';
export type { Operation, SequentialSpec, Verdict } from './linearizability.ts';
export { registerSpec } from './register-spec.ts';
export type { RegisterCall, RegisterResult } from './register-spec.ts';
