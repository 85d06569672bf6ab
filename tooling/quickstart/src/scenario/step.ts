import type { World } from '../world.ts';

/** One step of the scenario: what a user would see, over HTTP, in Redis or from the API server. */
export interface Step {
  /** A sentence that holds when the step does. */
  readonly name: string;
  /** Why it cannot be run on somebody's own cluster; absent where it can. */
  readonly needsFault?: string;
  run(world: World): Promise<void>;
}
