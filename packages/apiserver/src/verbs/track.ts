import type { KubeObject } from '../served-resource.ts';
import type { Context } from './context.ts';

/** Books the fields of a created object on its manager. Changes `object`. */
export function trackCreated(_context: Context, _object: KubeObject, _manager: string): void {}

/** Books the changed fields of an update on its manager. Changes `next`. */
export function trackUpdated(_context: Context, _live: KubeObject, _next: KubeObject, _manager: string): void {}
