import { oddObjects } from './odd-objects.ts';
import { outages } from './outages.ts';
import { publishing } from './publishing.ts';
import { refusals } from './refusals.ts';
import { removal } from './removal.ts';
import type { Step } from './step.ts';
import { versions } from './versions.ts';

export { measurePropagation } from './propagation.ts';
export type { Step } from './step.ts';

/** The scenario, in the order in which its steps build on each other. */
export const scenario: readonly Step[] = [...publishing, ...versions, ...refusals, ...outages, ...removal, ...oddObjects];
