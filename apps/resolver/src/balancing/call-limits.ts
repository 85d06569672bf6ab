/** How many calls may be in flight at once, and how many streams open. */
export interface CallLimits {
  /** In the whole process. Default 4,096. */
  readonly process: number;
  /** To one app. Default 2,048. */
  readonly app: number;
  /** To one endpoint, whichever apps it serves. Default 512. */
  readonly endpoint: number;
  /** Answers that last, which count as no calls. Default 8,192. */
  readonly streams: number;
}

export const defaultLimits: CallLimits = { process: 4_096, app: 2_048, endpoint: 512, streams: 8_192 };

/** What was full when a call was turned away. */
export type Full = 'process' | 'app' | 'endpoint';

/** The calls to one endpoint, of all apps. */
export interface EndpointLoad {
  inFlight: number;
}

/** The loads of endpoints by their place, each as long as somebody holds it. */
export class EndpointLoads {
  readonly #held = new Map<string, EndpointLoad & { holders: number }>();

  get size(): number {
    return this.#held.size;
  }

  hold(place: string): EndpointLoad {
    let load = this.#held.get(place);
    if (load === undefined) {
      load = { inFlight: 0, holders: 0 };
      this.#held.set(place, load);
    }
    load.holders += 1;
    return load;
  }

  release(place: string): void {
    const load = this.#held.get(place);
    if (load === undefined) return;
    load.holders -= 1;
    if (load.holders === 0) this.#held.delete(place);
  }
}
