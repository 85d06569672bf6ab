import { documentHash } from '../discovery/index.ts';
import type { ServedResource } from '../served-resource.ts';
import { documentKeys, openApiDocument } from './openapi-document.ts';

export interface OpenApiRequest {
  /** Without the query: `/openapi/v3/apis/iidp.com/v1`. */
  readonly pathname: string;
  readonly hash: string | null;
  readonly accept: string | undefined;
  readonly ifNoneMatch: string | undefined;
  readonly ifModifiedSince: string | undefined;
}

export interface OpenApiAnswer {
  readonly code: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
}

interface Built {
  readonly hash: string;
  readonly body: Uint8Array;
}

/** The documents built since the served resources last changed. */
interface State {
  readonly generation: number;
  /** Time of the change as in Last-Modified, in whole seconds. */
  readonly changed: string;
  readonly documents: Map<string, Built>;
  readonly keys: readonly string[];
  index: Uint8Array | undefined;
}

const nothing = new Uint8Array(0);

/**
 * Answers the paths below /openapi. Documents are made when they are first asked for and kept until `generation` moves, which
 * has to happen with each change of what is served.
 */
export class OpenApi {
  readonly #resources: () => readonly ServedResource[];
  readonly #generation: () => number;
  readonly #wall: () => number;
  #built: State | undefined;
  #changed = 0;

  constructor(resources: () => readonly ServedResource[], generation: () => number, wall: () => number) {
    this.#resources = resources;
    this.#generation = generation;
    this.#wall = wall;
  }

  /** Undefined: no path of OpenAPI v3, also /openapi/v2, which is not served. */
  answer(request: OpenApiRequest): OpenApiAnswer | undefined {
    const pathname = request.pathname.replace(/\/$/, '');
    if (pathname === '/openapi/v3') return this.#index(request);
    if (!pathname.startsWith('/openapi/v3/')) return undefined;
    return this.#document(pathname.slice('/openapi/v3/'.length), request);
  }

  #index(request: OpenApiRequest): OpenApiAnswer {
    const state = this.#state();
    if (request.ifModifiedSince === state.changed) return { code: 304, headers: {}, body: nothing };
    state.index ??= new TextEncoder().encode(
      JSON.stringify({
        paths: Object.fromEntries(
          state.keys.map((key) => [key, { serverRelativeURL: `/openapi/v3/${key}?hash=${this.#get(key)?.hash ?? ''}` }]),
        ),
      }),
    );
    // The API server sends Go's guess of the content type, which does not recognize this document as JSON.
    return { code: 200, headers: { 'Content-Type': 'text/plain; charset=utf-8', 'Last-Modified': state.changed }, body: state.index };
  }

  #document(key: string, request: OpenApiRequest): OpenApiAnswer {
    const document = this.#get(key);
    if (document === undefined) return { code: 404, headers: {}, body: nothing };
    const { hash, body } = document;
    if (request.hash !== null && request.hash !== hash)
      return { code: 301, headers: { Location: `/openapi/v3/${key}?hash=${hash}` }, body: nothing };
    if (!acceptsJson(request.accept)) return { code: 406, headers: {}, body: nothing };
    const etag = `"${hash}"`;
    const headers: Record<string, string> = { 'Content-Type': 'application/json', Etag: etag, Vary: 'Accept' };
    if (request.hash !== null) {
      headers['Cache-Control'] = 'public, immutable';
      headers['Expires'] = new Date(this.#wall() + 365 * 86_400_000).toUTCString();
    }
    if (request.ifNoneMatch === etag) return { code: 304, headers, body: nothing };
    return { code: 200, headers, body };
  }

  #get(key: string): Built | undefined {
    const { documents } = this.#state();
    let built = documents.get(key);
    if (built === undefined) {
      const document = openApiDocument(this.#resources(), key);
      if (document === undefined) return undefined;
      const text = JSON.stringify(document);
      built = { hash: documentHash(text), body: new TextEncoder().encode(text) };
      documents.set(key, built);
    }
    return built;
  }

  #state(): State {
    const generation = this.#generation();
    if (this.#built?.generation !== generation) {
      // Increases with each change, also within one second, so that no client keeps an outdated index.
      this.#changed = Math.max(Math.floor(this.#wall() / 1000), this.#changed + 1);
      this.#built = {
        generation,
        changed: new Date(this.#changed * 1000).toUTCString(),
        documents: new Map(),
        keys: documentKeys(this.#resources()),
        index: undefined,
      };
    }
    return this.#built;
  }
}

function acceptsJson(accept: string | undefined): boolean {
  if (accept === undefined || accept.trim() === '') return true;
  return accept.split(',').some((range) => /^\s*(?:application\/json|application\/\*|\*\/\*)\s*(?:;|$)/i.test(range));
}
