import { trackCreate, trackUpdate, type Write } from '../../apply/index.ts';
import type { KubeObject } from '../../served-resource.ts';
import type { Context } from '../context.ts';

/** Who writes in this request. */
export function writeOf(context: Context, manager: string): Write {
  return { resource: context.resource, manager, subresource: context.path.subresource, now: context.core.clock.wall() };
}

/** Books the fields of a created object on its manager. Changes `object`. */
export function trackCreated(context: Context, object: KubeObject, manager: string): void {
  trackCreate(writeOf(context, manager), object);
}

/** Books the changed fields of an update on its manager. Changes `next`. */
export function trackUpdated(context: Context, live: KubeObject, next: KubeObject, manager: string): void {
  trackUpdate(writeOf(context, manager), live, next);
}
