import type { TransportRequest } from '../transport/transport-options.ts';

/** How important a request is to the request budget: leases and status before ordinary work before lists of whole resources. */
export type Priority = 'high' | 'normal' | 'low';

export interface CallRequest extends TransportRequest {
  readonly priority?: Priority | undefined;
  /** How many times a Retry-After is obeyed before the refusal is thrown. Default 10, as client-go's. */
  readonly retries?: number | undefined;
}
