import type { ModelServer } from '../../testing/index.ts';
import type { ReflectorState, ScopeStatus } from '../../contract/informer.ts';

const LISTING: ReadonlySet<ReflectorState> = new Set(['Streaming', 'Listing', 'Regressed']);

/**
 * The restores that the informer has not noticed yet. No reader can tell a restored server that has since written past the reader's own version from
 * one that never went back. So the model does not write past what any scope has seen until that scope has noticed.
 */
export class Restores {
  /** By server: the newest version that was served before the last restore, which a scope that is just listing may still be handed. */
  readonly #unnoticed = new Map<ModelServer, number>();

  /** The server is restored from the state at this version. */
  restore(server: ModelServer, rev: number): void {
    this.#unnoticed.set(server, Math.max(this.#unnoticed.get(server) ?? 0, server.rev));
    server.restore(rev);
  }

  pending(server: ModelServer): boolean {
    return this.#unnoticed.has(server);
  }

  /** Whether so many writes leave it possible to notice. `calm`: no answer is under way that the server gave before its restore. */
  mayWrite(server: ModelServer, scopes: readonly ScopeStatus[], count = 1, calm = false): boolean {
    const servedBefore = this.#unnoticed.get(server);
    if (servedBefore === undefined) return true;
    // The list that a scope is getting may be the old server's, at any version up to the last one served.
    const listing = !calm && scopes.some((scope) => scope.resourceVersion === '' || LISTING.has(scope.state));
    if (listing && servedBefore > server.rev) return false;
    const seen = scopes.map((scope) => Number(scope.resourceVersion));
    if (!listing && seen.every((version) => version <= server.rev)) this.#unnoticed.delete(server);
    return seen.every((version) => version <= server.rev || version > server.rev + count);
  }
}
