import type { Frame, FrameType, ListPagesOptions, RawPage, ResourceSource, WatchOptions } from '@kubecast/client';
import { ModelConnectionError, ModelStatusError, statuses } from './model-status.ts';
import type { ModelStatus } from './model-status.ts';
import type { SourceClient } from '../contract/informer-options.ts';
import type { ModelEvent, ModelObject, ModelServer } from './model-server.ts';

/** `identity`: who the server is, by the UID of `kube-system`. */
export type RequestKind = 'stream' | 'watch' | 'list' | 'probe' | 'identity';

/** What goes wrong with one request. Counts are of frames, or of items of a list, before it does. */
export interface ModelFault {
  /** Answered instead of anything else. */
  readonly status?: ModelStatus;
  /** No connection. */
  readonly refused?: boolean;
  /** No answer until the caller gives up. */
  readonly hang?: boolean;
  /** An ERROR event after so many frames. */
  readonly error?: { readonly status: ModelStatus; readonly after: number };
  /** The connection breaks after so many frames, or pages. */
  readonly breakAfter?: number;
  /** A clean end after so many frames, or pages. */
  readonly endAfter?: number;
  /** Silence after so many frames: half open. */
  readonly silentAfter?: number;
  /** Bytes that are no JSON instead of the object of this frame or item. */
  readonly corruptAt?: number;
  /** The initial events come twice, in reverse, or with their end left out, or with a bookmark amid them that is not the end. */
  readonly duplicateInitial?: boolean;
  readonly reverseInitial?: boolean;
  readonly initialEnd?: 'missing' | 'True' | 'unmarked-first';
  /** The frames instead of the server's own, or what makes them of the version that was asked for; then silence, or what `last` says. */
  readonly frames?: readonly Frame[] | ((from: string) => readonly Frame[]);
  readonly last?: 'end' | 'break';
  /** Thrown instead of an answer: by a client that is closed, by a source with a bug. */
  readonly throws?: unknown;
}

export type ModelRequestOptions = Omit<WatchOptions & ListPagesOptions, 'resourceVersionMatch'> & {
  readonly resourceVersionMatch?: 'Exact' | 'NotOlderThan';
};

export interface ModelRequest {
  readonly kind: RequestKind;
  readonly at: number;
  readonly namespace: string;
  readonly options: ModelRequestOptions;
}

export interface ModelSourceOptions {
  readonly kind?: string;
  /** Objects of built-in kinds: list items carry neither kind nor apiVersion. */
  readonly bareItems?: boolean;
  /** Frames in one batch. Default 3. */
  readonly batch?: number;
  /** A page holds at most so many, where pages are asked for. */
  readonly pageItems?: number;
  /** Pages come unasked too: an aggregated API server may do as it likes. */
  readonly alwaysPages?: boolean;
  /** Milliseconds between batches of initial events, and between pages. Default 0. */
  readonly paceMs?: number;
  /** What happens while the initial events are under way comes after their end, not before. */
  readonly endAtOnce?: boolean;
  /** A streamed list is refused as by a server of 1.24. */
  readonly noStreams?: boolean;
  readonly bookmarkMs?: number;
  /** How watches are answered from versions that the server is deaf to. Default: ended at once. */
  readonly deafness?: ModelFault;
  /** In which form the server says that it shows its objects. Default: it does not tell. */
  readonly form?: () => Promise<string | undefined>;
  /** Nobody may read the Namespace `kube-system`. */
  readonly nameless?: boolean;
}

const encoder = new TextEncoder();

export const bytesOf = (value: unknown): Uint8Array => encoder.encode(JSON.stringify(value));

export function frameOf(type: FrameType, value: unknown): Frame {
  return { type, object: bytesOf(value) };
}

export function bookmarkFrame(rv: number | string, end?: string): Frame {
  const annotations = end === undefined ? {} : { annotations: { 'k8s.io/initial-events-end': end } };
  return frameOf('BOOKMARK', { kind: 'Thing', apiVersion: 'example.com/v1', metadata: { resourceVersion: String(rv), ...annotations } });
}

export function wireObject(object: ModelObject, kind = 'Thing', bare = false): Record<string, unknown> {
  const { namespace, name, uid, rv, labels, payload } = object;
  return {
    ...(bare ? {} : { apiVersion: 'example.com/v1', kind }),
    metadata: { name, ...(namespace === '' ? {} : { namespace }), uid, resourceVersion: String(rv), labels },
    spec: { payload },
  };
}

/** Serves a model server to reflectors, with faults on demand: each planned fault is spent on one request. */
export class ModelApi {
  #server: ModelServer;
  readonly requests: ModelRequest[] = [];
  options: ModelSourceOptions;
  #plans: { readonly kind: RequestKind | 'any'; readonly fault: ModelFault }[] = [];
  readonly #streams = new Set<ModelStream>();
  /** Told of each fault as it is spent. */
  onFault: (kind: RequestKind, fault: ModelFault) => void = () => undefined;
  /** Told of each request before it is answered. */
  onRequest: (request: ModelRequest) => void = () => undefined;
  #named = false;

  constructor(server: ModelServer, options: ModelSourceOptions = {}) {
    this.#server = server;
    this.options = options;
  }

  get server(): ModelServer {
    return this.#server;
  }

  /** Whether it has told who it is since it serves this server. */
  get named(): boolean {
    return this.#named;
  }

  /** From now on it serves this server, another or the same, as one that is met for the first time. For when no stream is open. */
  serve(server: ModelServer): void {
    this.#server = server;
    this.#named = false;
  }

  /** The next request of this kind fails so; several plans of one kind are spent in their order. `any` is none of `identity`. */
  plan(kind: RequestKind | 'any', fault: ModelFault, times = 1): void {
    for (let i = 0; i < times; i += 1) this.#plans.push({ kind, fault });
  }

  /** Forgets the plans that were not spent, and what is still to go wrong with open streams. */
  calm(): void {
    this.#plans = [];
    for (const stream of this.#streams) stream.calm();
  }

  /** Streams that are open. */
  get open(): number {
    return this.#streams.size;
  }

  get planned(): number {
    return this.#plans.length;
  }

  source(namespace = ''): ResourceSource {
    const { form } = this.options;
    return {
      watchFrames: (options, signal) => this.#watch(namespace, options, signal),
      listPages: (options, signal) => this.#list(namespace, options, signal),
      ...(form === undefined ? {} : { form }),
    };
  }

  /** What an informer takes for a client: it says where the server is, and may ask who it is. */
  client(url: string): SourceClient {
    return {
      connection: { server: url },
      resource: () => ({
        source: ({ namespace = '' }) => this.source(namespace),
        get: (_name, { signal }) => this.#kubeSystem(signal ?? new AbortController().signal),
      }),
    };
  }

  async #kubeSystem(signal: AbortSignal): Promise<unknown> {
    await this.#fail(this.#take('identity', '', {}), signal);
    if (this.options.nameless === true) throw new ModelStatusError(statuses.forbidden);
    this.#named = true;
    return { metadata: { uid: this.server.uid } };
  }

  #take(kind: RequestKind, namespace: string, options: ModelRequestOptions): ModelFault {
    const request = { kind, at: this.server.clock.now(), namespace, options };
    this.requests.push(request);
    this.onRequest(request);
    const at = this.#plans.findIndex((plan) => plan.kind === kind || (plan.kind === 'any' && kind !== 'identity'));
    const fault = at === -1 ? undefined : this.#plans.splice(at, 1)[0]?.fault;
    if (fault !== undefined) this.onFault(kind, fault);
    return fault ?? {};
  }

  async #fail(fault: ModelFault, signal: AbortSignal): Promise<void> {
    if ('throws' in fault) throw fault.throws;
    if (fault.refused === true) throw new ModelConnectionError('connect ECONNREFUSED');
    if (fault.status !== undefined) throw new ModelStatusError(fault.status);
    if (fault.hang === true) await forever(signal);
  }

  async *#list(namespace: string, options: ListPagesOptions, signal: AbortSignal): AsyncGenerator<RawPage> {
    const { server } = this;
    const probe = options.fieldSelector?.startsWith('metadata.name=') === true;
    const fault = this.#take(probe ? 'probe' : 'list', namespace, options);
    await this.#fail(fault, signal);
    const wanted = options.resourceVersion ?? '';
    const consistent = wanted === '';
    if (!consistent && Number(wanted) > server.visible) {
      await server.clock.sleep(3000, signal);
      if (Number(wanted) > server.visible) throw new ModelStatusError(statuses.tooLarge);
    }
    const rev = consistent ? server.rev : server.visible;
    const match = matcher(namespace, options);
    const items = [...server.stateAt(rev).values()]
      .filter(match)
      .sort(inListOrder)
      .map((object, index) =>
        index === fault.corruptAt
          ? encoder.encode('{"metadata":{"na')
          : bytesOf(wireObject(object, this.options.kind, this.options.bareItems)),
      );
    const unpaged = this.options.alwaysPages !== true && (options.limit === 0 || wanted === '0');
    const size = unpaged ? Infinity : Math.min(options.limit || 500, this.options.pageItems ?? Infinity);
    let at = 0;
    let page = 0;
    do {
      if (page > 0) {
        await server.clock.sleep(this.options.paceMs ?? 0, signal);
        if (rev < server.floor) throw new ModelStatusError(statuses.expiredToken);
      }
      if (page === fault.breakAfter) throw new ModelConnectionError('socket hang up');
      if (page === fault.endAfter) return;
      if (page === fault.silentAfter) await forever(signal);
      const slice = items.slice(at, at + size);
      at += slice.length;
      page += 1;
      yield { resourceVersion: String(rev), items: slice, more: at < items.length };
    } while (at < items.length);
  }

  async *#watch(namespace: string, options: WatchOptions, signal: AbortSignal): AsyncGenerator<readonly Frame[]> {
    const kind = options.sendInitialEvents === true ? 'stream' : 'watch';
    const planned = this.#take(kind, namespace, options);
    const deaf = kind === 'watch' && Number(options.resourceVersion) <= this.server.deafTo;
    const fault = deaf ? (this.options.deafness ?? { endAfter: 0 }) : planned;
    await this.#fail(fault, signal);
    if (kind === 'stream' && this.options.noStreams === true) throw new ModelStatusError(statuses.streamUnsupported);
    const stream = new ModelStream(this, namespace, options, fault, signal);
    this.#streams.add(stream);
    try {
      yield* stream.batches();
    } finally {
      this.#streams.delete(stream);
      stream.close();
    }
  }
}

/** One open watch. */
class ModelStream {
  readonly #api: ModelApi;
  readonly #options: WatchOptions;
  #fault: ModelFault;
  readonly #signal: AbortSignal;
  readonly #match: (object: ModelObject) => boolean;
  readonly #until = new AbortController();
  #queue: Frame[] = [];
  #late: Frame[] = [];
  #wake: () => void = () => undefined;
  #ending: 'broken' | 'ended' | undefined;
  #undo: () => void = () => undefined;
  #sent = 0;

  constructor(api: ModelApi, namespace: string, options: WatchOptions, fault: ModelFault, signal: AbortSignal) {
    this.#api = api;
    this.#options = options;
    this.#fault = fault;
    this.#signal = signal;
    this.#match = matcher(namespace, options);
  }

  calm(): void {
    this.#fault = {};
  }

  close(): void {
    this.#undo();
    this.#until.abort();
  }

  async *batches(): AsyncGenerator<readonly Frame[]> {
    const { server } = this.#api;
    const { clock } = server;
    const wanted = this.#options.resourceVersion ?? '';
    const { frames } = this.#fault;
    if (frames !== undefined) {
      yield typeof frames === 'function' ? frames(wanted) : frames;
      if (this.#fault.last === 'end') return;
      if (this.#fault.last === 'break') throw new ModelConnectionError('read ECONNRESET');
      await forever(this.#signal);
    }
    const floor = wanted === '' ? 0 : Number(wanted);
    let from = floor;
    if (this.#options.sendInitialEvents === true) {
      if (floor > server.visible) {
        await clock.sleep(3000, this.#signal);
        if (floor > server.visible) {
          yield [frameOf('ERROR', statuses.tooLarge)];
          return;
        }
      }
      from = wanted === '' ? server.rev : server.visible;
      this.#initial([...server.stateAt(from).values()], from);
    } else if (floor < server.floor) {
      yield [frameOf('ERROR', statuses.expired)];
      return;
    }
    for (const event of server.eventsAfter(from)) this.#event(event);
    this.#undo = server.listen({
      // A future version: what is not above it is never sent.
      event: (event) => {
        if (event.rv > from && this.#ending === undefined) {
          this.#event(event);
          this.#wake();
        }
      },
      // A reset connection loses what was under way.
      broken: () => {
        this.#ending ??= 'broken';
        this.#queue = [];
        this.#wake();
      },
      ended: () => {
        this.#ending ??= 'ended';
        this.#wake();
      },
    });
    this.#timers(from);
    yield* this.#drain();
  }

  /** What stands in the queue, then what comes, with the fault at its place. */
  async *#drain(): AsyncGenerator<readonly Frame[]> {
    const { clock } = this.#api.server;
    const size = this.#api.options.batch ?? 3;
    for (;;) {
      if (this.#signal.aborted) throw this.#signal.reason;
      const stop = this.#faultHere();
      if (stop === 'end') return;
      if (stop === 'break') throw new ModelConnectionError('read ECONNRESET');
      if (stop === 'silent') await forever(this.#signal);
      if (stop === 'error') {
        yield [frameOf('ERROR', this.#fault.error?.status)];
        return;
      }
      if (this.#queue.length > 0) {
        const batch = this.#queue.splice(0, Math.max(1, Math.min(size, this.#room())));
        for (const [index, frame] of batch.entries()) {
          if (this.#sent === this.#fault.corruptAt) batch[index] = { type: frame.type, object: encoder.encode('{"metadata":{"na') };
          this.#sent += 1;
        }
        yield batch;
        if (this.#queue.some((frame) => this.#endOf(frame)) && (this.#api.options.paceMs ?? 0) > 0) {
          await clock.sleep(this.#api.options.paceMs ?? 0, this.#signal);
        }
        continue;
      }
      if (this.#ending === 'broken') throw new ModelConnectionError('read ECONNRESET');
      if (this.#ending === 'ended') return;
      await new Promise<void>((resolve, reject) => {
        const onAbort = (): void => reject(this.#signal.reason as Error);
        this.#signal.addEventListener('abort', onAbort, { once: true });
        this.#wake = () => {
          this.#signal.removeEventListener('abort', onAbort);
          resolve();
        };
      });
    }
  }

  #room(): number {
    const limits = [this.#fault.breakAfter, this.#fault.endAfter, this.#fault.silentAfter, this.#fault.error?.after];
    return Math.min(...limits.map((limit) => (limit === undefined ? Infinity : limit - this.#sent)));
  }

  #faultHere(): 'end' | 'break' | 'silent' | 'error' | undefined {
    if (this.#fault.endAfter !== undefined && this.#sent >= this.#fault.endAfter) return 'end';
    if (this.#fault.breakAfter !== undefined && this.#sent >= this.#fault.breakAfter) return 'break';
    if (this.#fault.silentAfter !== undefined && this.#sent >= this.#fault.silentAfter) return 'silent';
    if (this.#fault.error !== undefined && this.#sent >= this.#fault.error.after) return 'error';
    return undefined;
  }

  #initial(objects: ModelObject[], rv: number): void {
    const { options } = this.#api;
    const frames = objects
      .filter(this.#match)
      .sort(inListOrder)
      .map((object) => frameOf('ADDED', wireObject(object, options.kind)));
    if (this.#fault.reverseInitial === true) frames.reverse();
    this.#queue.push(...frames);
    if (this.#fault.duplicateInitial === true) {
      // The second round stands at the end: what happens meanwhile comes before it.
      this.#late = frames.map((frame) => ({ ...frame }));
      this.#queue.push(...this.#late);
    }
    const end = this.#fault.initialEnd;
    if (end === 'unmarked-first') this.#queue.splice(Math.ceil(this.#queue.length / 2), 0, bookmarkFrame(rv));
    // Another value at the wrong place: who takes it for the end shows a part of the list.
    if (end === 'True') this.#queue.splice(Math.ceil(this.#queue.length / 2), 0, bookmarkFrame(rv, 'True'));
    if (end === 'missing' || end === 'True') return;
    // The end is said when it is due: what happened meanwhile stands before it.
    this.#queue.push(bookmarkFrame(rv, 'true'));
  }

  #event(event: ModelEvent): void {
    const now = event.type !== 'DELETED' && this.#match(event.object);
    const before = event.previous !== undefined && this.#match(event.previous);
    const { kind } = this.#api.options;
    let frame: Frame | undefined;
    if (now) frame = frameOf(before ? 'MODIFIED' : 'ADDED', wireObject(event.object, kind));
    else if (before && event.previous !== undefined) frame = frameOf('DELETED', wireObject({ ...event.previous, rv: event.rv }, kind));
    if (frame === undefined) return;
    const end = this.#queue.findIndex((queued) => this.#endOf(queued));
    if (end === -1 || this.#api.options.endAtOnce === true) {
      this.#queue.push(frame);
      return;
    }
    this.#queue[end] = bookmarkFrame(event.rv, 'true');
    const late = this.#queue.findIndex((queued) => this.#late.includes(queued));
    this.#queue.splice(late === -1 ? end : late, 0, frame);
  }

  #endOf(frame: Frame): boolean {
    return frame.type === 'BOOKMARK' && new TextDecoder().decode(frame.object).includes('"k8s.io/initial-events-end":"true"');
  }

  #timers(from: number): void {
    const { server, options } = this.#api;
    const { clock } = server;
    const signal = AbortSignal.any([this.#signal, this.#until.signal]);
    const every = options.bookmarkMs ?? 60_000;
    void (async () => {
      for (;;) {
        await clock.sleep(every, signal);
        this.#bookmark(from);
      }
    })().catch(() => undefined);
    const seconds = this.#options.timeoutSeconds;
    if (seconds === undefined) return;
    void (async () => {
      // The real server sends a bookmark shortly before the end that the caller asked for.
      await clock.sleep(Math.max(0, seconds * 1000 - 2000), signal);
      this.#bookmark(from);
      await clock.sleep(Math.min(2000, seconds * 1000), signal);
      this.#ending ??= 'ended';
      this.#wake();
    })().catch(() => undefined);
  }

  #bookmark(from: number): void {
    const { server } = this.#api;
    // None while the version asked for lies ahead of the server.
    if (this.#options.allowWatchBookmarks !== true || server.visible < from || this.#ending !== undefined) return;
    this.#queue.push(bookmarkFrame(server.visible));
    this.#wake();
  }
}

function forever(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    if (signal.aborted) return reject(signal.reason as Error);
    signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
  });
}

function inListOrder(a: ModelObject, b: ModelObject): number {
  const left = `${a.namespace}/${a.name}`;
  const right = `${b.namespace}/${b.name}`;
  return left < right ? -1 : left > right ? 1 : 0;
}

/** The namespace, `label=value` selectors joined by commas, and `metadata.name=`. */
export function matcher(
  namespace: string,
  options: { readonly labelSelector?: string; readonly fieldSelector?: string },
): (object: ModelObject) => boolean {
  const labels = (options.labelSelector ?? '')
    .split(',')
    .filter((part) => part !== '')
    .map((part) => part.split('='));
  const name =
    options.fieldSelector?.startsWith('metadata.name=') === true ? options.fieldSelector.slice('metadata.name='.length) : undefined;
  return (object) => {
    if (namespace !== '' && object.namespace !== namespace) return false;
    if (name !== undefined && object.name !== name) return false;
    return labels.every(([key = '', value]) => Object.hasOwn(object.labels, key) && object.labels[key] === value);
  };
}
