export type { DeleteCause, Delta, DeltaOrigin } from './delta.ts';
export type {
  Handler, HandlerHandle, HandlerOptions, Informer, ReflectorState, ScopeStatus,
} from './informer.ts';
