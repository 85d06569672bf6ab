import type { ResolvedEndpoint } from '@kubecast/model-index';
import type { BackendProtocol } from './backend-protocol.ts';

/** Where a call goes. */
export interface CallTarget {
  /** Names the app: its calls are spread over its endpoints and share a retry budget. */
  readonly owner: string;
  readonly endpoints: readonly ResolvedEndpoint[];
  /** Path and query, as they came. */
  readonly path: string;
  readonly protocol: BackendProtocol;
  /** What the certificate of an endpoint with HTTPS must be for. */
  readonly serverName: string;
}
