import type { Announcement } from '../claims/announcement.ts';
import type { HeldPayload } from './payload-source.ts';

/** What is said of a model's metadata, where so much is held of it. */
export function heldMetadata(
  announcement: Announcement,
  model: string,
  found: HeldPayload | undefined,
): Required<Pick<HeldPayload, 'state' | 'version' | 'staleForMs' | 'evicted'>> & { payload: unknown; reason?: string } {
  const announced = announcement.models.get(model) as string;
  if (found === undefined) return { state: 'missing', version: announced, staleForMs: 0, evicted: false, payload: null };
  return {
    state: found.state,
    // A stale value without a version is of none that could be named.
    version: found.version ?? (found.state === 'stale' ? '' : announced),
    staleForMs: found.staleForMs,
    evicted: found.evicted === true,
    payload: found.payload ?? null,
    ...(found.reason === undefined ? {} : { reason: found.reason }),
  };
}
