import { tooManyRequests } from '../../status/status-error.ts';
import type { Context } from '../context.ts';

/**
 * The storage of a custom resource is made by the first request and again after each change of its CRD; until it is ready
 * lists and watches get 429, reads and writes of one object do not.
 * @throws StatusError 429
 */
export function requireStorage(context: Context): void {
  const { kind, core } = context;
  if (kind.builtin) return;
  const now = core.clock.now();
  if (kind.readyAt === undefined) {
    kind.readyAt = now + core.storageInitMs;
    if (core.storageInitMs > 0) throw tooManyRequests('storage is (re)initializing');
  } else if (now < kind.readyAt) {
    throw tooManyRequests('storage is (re)initializing');
  }
}

/** A request for one object makes the storage and waits for it. */
export function touchStorage(context: Context): void {
  if (!context.kind.builtin && context.kind.readyAt === undefined) context.kind.readyAt = context.core.clock.now();
}
