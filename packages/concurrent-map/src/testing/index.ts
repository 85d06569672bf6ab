export { recordHistory } from './histories.ts';
export type { HistoryOptions, RecordedHistory, RecordedMap } from './histories.ts';
export { checkLinearizable } from './linearizability.ts';
export type { Operation, SequentialSpec, Verdict } from './linearizability.ts';
export { registerSpec } from './register-spec.ts';
export type { RegisterCall, RegisterResult } from './register-spec.ts';
export { onAtomicSteps, watchAtomicSteps } from './atomic-steps.ts';
export { runThreadHistories, serveThreadClient } from './node-thread-histories.ts';
export type { ThreadHistoryOptions, ThreadHistoryReport } from './node-thread-histories.ts';
