import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Access } from '../auth/access.ts';
import { askOf } from '../auth/ask.ts';
import { rootPaths } from '../discovery/index.ts';
import type { Fault, FaultVerb } from '../faults/fault.ts';
import { faultStatus } from '../faults/fault-answer.ts';
import type { Faults } from '../faults/faults.ts';
import { OpenApi } from '../openapi/index.ts';
import { versionInfo } from '../release.ts';
import { parseResourcePath, type ResourcePath } from '../routing/resource-path.ts';
import { methodNotAllowed, pageNotFound, resourceNotFound } from '../status/status-error.ts';
import { presentBytes, presentObject } from '../storage/presenter.ts';
import type { User } from '../auth/user.ts';
import type { Context, Core } from '../verbs/context.ts';
import { deleteCollectionVerb } from '../verbs/writes/delete.ts';
import { listVerb } from '../verbs/reads/list.ts';
import { reviewOf } from '../verbs/subresources/reviews.ts';
import { touchStorage } from '../verbs/reads/storage-ready.ts';
import { singleVerb } from '../verbs/single.ts';
import { watchVerb } from '../verbs/reads/watch.ts';
import { answerReview } from './answers/answer-review.ts';
import { readBody } from './bodies/body.ts';
import { checkScope, unknownMethod } from './check-scope.ts';
import { compressed, compresses } from './bodies/compression.ts';
import { connectionOf, throwBodyAway } from './connection.ts';
import { writeDiscovery } from './discovery-paths.ts';
import { healthPaths, writeHealth } from './health.ts';
import { negotiate } from './bodies/negotiation.ts';
import { checkTimeout, verbOf } from './request-verb.ts';
import { showEvents, showList, showObject } from './answers/shown-as.ts';
import {
  answerStyle,
  jsonBytes,
  writeBytes,
  writeError,
  writeObject,
  writeOpenApi,
  writeWarnings,
  type AnswerStyle,
} from './answers/write-answer.ts';
import { listObject, writeList } from './answers/write-list.ts';
import { WatchResponse } from './answers/write-watch.ts';

interface Parts {
  readonly core: Core;
  readonly access: Access;
  readonly faults: Faults;
}

/** Answers requests, from the first header to the last byte. */
export class RequestHandler {
  readonly #core: Core;
  readonly #access: Access;
  readonly #faults: Faults;
  readonly #openApi: OpenApi;
  readonly #requests = new Map<string, number>();
  readonly #answers = new Map<string, number>();
  readonly #active = new Set<Promise<void>>();
  #watches = 0;
  #events = 0;

  constructor(parts: Parts) {
    this.#core = parts.core;
    this.#access = parts.access;
    this.#faults = parts.faults;
    const { registry, clock } = parts.core;
    this.#openApi = new OpenApi(
      () => registry.resources(),
      () => registry.generation,
      () => clock.wall(),
    );
  }

  counters(): { requests: Record<string, number>; answers: Record<string, number>; openWatches: number; watchEvents: number } {
    return {
      requests: Object.fromEntries(this.#requests),
      answers: Object.fromEntries(this.#answers),
      openWatches: this.#watches,
      watchEvents: this.#events,
    };
  }

  /** Resolves when no request is under way, at the latest after `ms` milliseconds. */
  async idle(ms: number): Promise<void> {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const late = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, ms);
    });
    await Promise.race([Promise.allSettled(this.#active), late]);
    clearTimeout(timer);
  }

  async handle(request: IncomingMessage, response: ServerResponse, stopping: AbortSignal): Promise<void> {
    const gone = new AbortController();
    const stop = (): void => gone.abort(new Error('the client has gone'));
    response.on('close', stop);
    response.on('error', stop);
    stopping.addEventListener('abort', stop, { once: true });
    const work = this.#handle(request, response, gone.signal);
    this.#active.add(work);
    try {
      await work;
    } finally {
      this.#active.delete(work);
      stopping.removeEventListener('abort', stop);
      count(this.#answers, String(response.statusCode));
    }
  }

  async #handle(request: IncomingMessage, response: ServerResponse, signal: AbortSignal): Promise<void> {
    const raw = request.url ?? '/';
    const mark = raw.indexOf('?');
    const pathname = mark < 0 ? raw : raw.slice(0, mark);
    const query = new URLSearchParams(mark < 0 ? '' : raw.slice(mark + 1));
    const method = request.method ?? 'GET';
    const style = answerStyle(method, query, request.headers['user-agent']);
    const audit = request.headers['audit-id'];
    response.setHeader('Audit-Id', typeof audit === 'string' ? audit : crypto.randomUUID());
    response.setHeader('Cache-Control', 'no-cache, private');
    if (this.#faults.isFrozen(connectionOf(request))) return aborted(signal);
    try {
      const user = this.#access.identify(request);
      response.setHeader('X-Kubernetes-Pf-Flowschema-Uid', flowUid);
      response.setHeader('X-Kubernetes-Pf-Prioritylevel-Uid', levelUid);
      const path = parseResourcePath(pathname);
      if (path === undefined) {
        count(this.#requests, 'other');
        this.#access.admit(user, request, { verb: method.toLowerCase(), path: pathname });
        this.#document(request, response, pathname, query, style);
      } else {
        await this.#resource(request, response, { path, query, method, style, user, signal });
      }
    } catch (error) {
      // The body of a refused request is not read; without an end of the connection its rest would be taken for the next request.
      if (!request.complete && method !== 'GET') leaveBody(request, response);
      if (!signal.aborted || !response.headersSent) writeError(response, error, style);
    }
  }

  /** Everything that is no resource: health, version, discovery, OpenAPI. */
  #document(request: IncomingMessage, response: ServerResponse, pathname: string, query: URLSearchParams, style: AnswerStyle): void {
    if (/^\/(?:healthz|livez|readyz)(?:\/|$)/.test(pathname)) return writeHealth(response, pathname, query, style);
    if (pathname === '/version' || pathname === '/version/') {
      if (request.method !== 'GET') throw methodNotAllowed();
      return writeBytes(response, 200, 'application/json', jsonBytes(versionInfo(this.#core.release), true), style);
    }
    if (pathname === '/') {
      const others = [...healthPaths, ...(this.#core.release.openApiV3 ? ['/openapi/v3', '/openapi/v3/'] : []), '/version'];
      return writeBytes(response, 200, 'application/json', jsonBytes(rootPaths(this.#core.registry.resources(), others), true), style);
    }
    if (writeDiscovery(request, response, pathname, this.#core.registry, style, this.#core.release.aggregatedDiscovery)) return;
    const openApi = !this.#core.release.openApiV3
      ? undefined
      : this.#openApi.answer({
          pathname,
          hash: query.get('hash'),
          accept: request.headers.accept,
          ifNoneMatch: request.headers['if-none-match'],
          ifModifiedSince: request.headers['if-modified-since'],
        });
    if (openApi !== undefined) return writeOpenApi(response, openApi, style);
    throw pageNotFound();
  }

  async #resource(
    request: IncomingMessage,
    response: ServerResponse,
    parts: { path: ResourcePath; query: URLSearchParams; method: string; style: AnswerStyle; user: User; signal: AbortSignal },
  ): Promise<void> {
    const { path, query, method, style, signal } = parts;
    const verb = verbOf(method, path, query);
    if (verb !== 'watch') checkTimeout(query.get('timeout'));
    count(this.#requests, `${verb ?? method.toLowerCase()} ${path.plural}${path.group === '' ? '' : `.${path.group}`}`);
    // A method that is none has no verb, and only who may do everything goes on to be told so.
    const user = this.#access.admit(parts.user, request, askOf(verb ?? '', path, query));
    const review = reviewOf(path);
    if (review !== undefined) {
      if (method !== 'POST') throw methodNotAllowed();
      return answerReview(
        request,
        response,
        review,
        { access: this.#access, user, namespace: path.namespace, wall: this.#core.clock.wall() },
        style,
      );
    }
    const kind = this.#core.registry.kind(path.group, path.plural);
    const resource = kind?.versions.get(path.version);
    if (kind === undefined || resource === undefined)
      throw this.#core.registry.isBuiltinGroup(path.group) ? resourceNotFound() : pageNotFound();
    const warnings: string[] = resource.deprecationWarning === undefined ? [] : [resource.deprecationWarning];
    const context: Context = {
      core: this.#core,
      method,
      path,
      query,
      headers: request.headers,
      kind,
      resource,
      user,
      authorizer: this.#access.authorizer,
      warnings,
      signal,
      body: () => readBody(request),
    };
    checkScope(context, method);
    if (verb === undefined) throw unknownMethod(context);
    const faults = this.#faults.take({
      verb,
      group: path.group,
      resource: path.plural,
      namespace: path.namespace,
      name: path.name,
      subresource: path.subresource,
      user: user.name,
    });
    if (faults.length > 0 && (await this.#failing(faults, context, request))) return;
    try {
      await this.#answer(verb, context, request, response, style, faults);
    } catch (error) {
      if (!response.headersSent) writeWarnings(response, warnings);
      throw error;
    }
  }

  /** Acts out the faults that need no answer of the verb; true: that was all. */
  async #failing(faults: readonly Fault[], context: Context, request: IncomingMessage): Promise<boolean> {
    for (const fault of faults) {
      if (fault.type === 'slow') await this.#core.clock.sleep(fault.ms, context.signal);
      if (fault.type === 'status') throw faultStatus(fault, context);
      const later = 'afterEvents' in fault && fault.afterEvents !== undefined;
      if (later) continue;
      if (fault.type === 'drop') {
        connectionOf(request).destroy();
        return true;
      }
      if (fault.type === 'stall') {
        await aborted(context.signal);
        return true;
      }
    }
    return false;
  }

  async #answer(
    verb: FaultVerb,
    context: Context,
    request: IncomingMessage,
    response: ServerResponse,
    style: AnswerStyle,
    faults: readonly Fault[],
  ): Promise<void> {
    const accept = request.headers.accept;
    if (verb === 'watch') return this.#watch(context, request, response, faults);
    if (verb === 'list' || verb === 'deletecollection') {
      const negotiated = negotiate(accept, 'list');
      const behind = faults.find((fault) => fault.type === 'lag');
      const page =
        verb === 'deletecollection'
          ? await deleteCollectionVerb(context)
          : await listVerb(context, behind?.type === 'lag' ? (behind.revisions ?? 0) : 0);
      writeWarnings(response, context.warnings);
      if (negotiated.format === 'json' && negotiated.as === undefined && !style.pretty)
        return writeList(
          response,
          context,
          page,
          style.head,
          faults.some((fault) => fault.type === 'truncate'),
        );
      return writeObject(
        response,
        200,
        negotiated.as === undefined ? listObject(context, page) : showList(context, page, negotiated),
        negotiated,
        style,
      );
    }
    const negotiated = negotiate(accept, 'object');
    touchStorage(context);
    const answer = await singleVerb(verb, context);
    writeWarnings(response, context.warnings);
    if ('stored' in answer && negotiated.format === 'json' && negotiated.as === undefined && !style.pretty) {
      const bytes = Buffer.concat([presentBytes(context.kind, context.resource, answer.stored), newline]);
      const smaller =
        verb === 'get' && compresses(request.headers['accept-encoding'], bytes.length) ? await compressed(response, bytes) : bytes;
      return writeBytes(response, answer.code, 'application/json', smaller, style);
    }
    if ('other' in answer) return writeObject(response, answer.code, answer.other, negotiated, style);
    const object = 'stored' in answer ? presentObject(context.kind, context.resource, answer.stored) : answer.object;
    writeObject(response, answer.code, showObject(context, object, negotiated), negotiated, style);
  }

  async #watch(context: Context, request: IncomingMessage, response: ServerResponse, faults: readonly Fault[]): Promise<void> {
    const shown = showEvents(context, negotiate(request.headers.accept, 'watch'));
    const watch = watchVerb(context);
    writeWarnings(response, context.warnings);
    response.statusCode = 200;
    response.setHeader('Content-Type', 'application/json');
    response.flushHeaders();
    const sink = new WatchResponse(response, context, {
      ...shown,
      faults,
      frozen: () => this.#faults.isFrozen(connectionOf(request)),
      sent: () => {
        this.#events++;
      },
    });
    this.#watches++;
    try {
      await watch.run(sink);
    } finally {
      this.#watches--;
    }
    sink.flush();
    if (sink.silent) await aborted(context.signal);
    else if (!response.destroyed) response.end();
  }
}

const newline = Buffer.from('\n');
const flowUid = crypto.randomUUID();
const levelUid = crypto.randomUUID();

function count(counts: Map<string, number>, key: string): void {
  // What clients ask for is theirs to choose; the number of different keys is not.
  const known = counts.has(key) || counts.size < 1000 ? key : 'other';
  counts.set(known, (counts.get(known) ?? 0) + 1);
}

/** The rest of a body that is not read must not be taken for the next request. */
function leaveBody(request: IncomingMessage, response: ServerResponse): void {
  if (request.httpVersionMajor === 1) response.setHeader('Connection', 'close');
  else throwBodyAway(request);
}

/** Resolves when the client has gone or the server stops. */
function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
}
