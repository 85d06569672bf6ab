import type { Clock } from '@kubecast/clock';
import type { Authorizer } from '../auth/authorizer.ts';
import type { ServiceAccountTokens } from '../auth/service-account-tokens.ts';
import type { User } from '../auth/user.ts';
import type { Release } from '../release.ts';
import type { Registry } from '../routing/registry.ts';
import type { ResourcePath } from '../routing/resource-path.ts';
import type { ServedKind } from '../routing/served-kind.ts';
import type { Allocator, KubeObject, ServedResource } from '../served-resource.ts';
import type { Storage } from '../storage/storage.ts';
import type { StoredObject } from '../storage/stored-object.ts';

/** What every request works on. */
export interface Core {
  readonly storage: Storage;
  readonly registry: Registry;
  readonly clock: Clock;
  readonly bookmarkMs: number;
  readonly storageInitMs: number;
  readonly futureWaitMs: number;
  readonly allocator: Allocator;
  readonly release: Release;
  readonly tokens: ServiceAccountTokens;
}

/** One request for a resource, after authentication and routing. */
export interface Context {
  readonly core: Core;
  readonly method: string;
  readonly path: ResourcePath;
  readonly query: URLSearchParams;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly kind: ServedKind;
  readonly resource: ServedResource;
  readonly user: User;
  readonly authorizer: Authorizer;
  /** Texts of Warning headers, in their order. */
  readonly warnings: string[];
  /** Aborted when the client has gone or the server stops. */
  readonly signal: AbortSignal;
  body(): Promise<Buffer>;
}

/** What a verb answers with, before it is written in the form that the client asked for. */
export type Answer =
  | { readonly code: number; readonly stored: StoredObject }
  | { readonly code: number; readonly object: KubeObject }
  /** Not an object of the resource: a Status of success, a Scale. Never shown as a Table. */
  | { readonly code: number; readonly other: KubeObject };

export function header(context: Context, name: string): string | undefined {
  const value = context.headers[name];
  return Array.isArray(value) ? value.join(', ') : value;
}
