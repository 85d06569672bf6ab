import type { Clock } from '@kubecast/clock';
import type { KubernetesRelease } from './release.ts';

export interface ApiServerOptions {
  /** 0, the default: a free one. */
  readonly port?: number;
  /** The address to listen on; 127.0.0.1 by default. */
  readonly host?: string;
  /** More names or addresses that the certificate is made for. */
  readonly names?: readonly string[];
  /** Folder that keeps the objects, the CA and the token over a restart; in memory only without it. */
  readonly data?: string;
  /** The administrator's bearer token; made at random without it. */
  readonly token?: string;
  /** More users, by token. */
  readonly users?: readonly ApiServerUser[];
  /**
   * `RBAC`, the default: the administrator and system:masters may do everything, others what the stored roles and bindings give them.
   * `AlwaysAllow`: every known user may do everything, and requests without credentials are refused.
   */
  readonly authorization?: 'RBAC' | 'AlwaysAllow';
  /** The release to behave as, as far as clients fall back on it; '1.36' by default. */
  readonly kubernetes?: KubernetesRelease;
  /**
   * Built-in kinds to leave out, as `plural.group`: `endpointslices.discovery.k8s.io`. RBAC is enforced without its kinds too: then by the roles
   * that every cluster has, which no request can see or change.
   */
  readonly without?: readonly string[];
  /** Whether HTTP/2 is spoken with clients that ask for it (ALPN), beside HTTP/1.1; true by default, as on the real server. */
  readonly http2?: boolean;
  readonly clock?: Clock;
  /** Changes of one resource that a watch can resume over, and exact lists go back by; 20,000 by default. */
  readonly windowEvents?: number;
  /** Milliseconds between bookmarks of a watch; 60,000 by default, as on the real server. */
  readonly bookmarkMs?: number;
  /** Milliseconds for which the first lists and watches of a CRD get 429; 15 by default, as on the real server. */
  readonly storageInitMs?: number;
  /** Milliseconds that a read at a version of the future waits before 504; 3,000 by default, as on the real server. */
  readonly futureWaitMs?: number;
}

export interface ApiServerUser {
  readonly name: string;
  readonly token: string;
  readonly groups?: readonly string[];
  /** The user's uid, which differs from that of an earlier user of the same name; empty without it. */
  readonly uid?: string;
}
