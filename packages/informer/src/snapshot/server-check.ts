import type { Clock } from '@kubecast/clock';
import type { SourceClient } from '../contract/informer-options.ts';
import type { ServerDescription, ServerIdentity } from '../contract/server-identity.ts';
import type { SavedServer } from './snapshot.ts';

const KUBE_SYSTEM = { group: '', version: 'v1', kind: 'Namespace', plural: 'namespaces', scope: 'Cluster' } as const;
/** Answers of a server that will not be another in a moment: the Namespace may not be read, or there is none. */
const REFUSED: ReadonlySet<unknown> = new Set([400, 403, 404, 405, 406]);

/** What a client says of its server; undefined where it says nothing. */
export function describeServer(client: SourceClient | undefined): ServerDescription | undefined {
  const connection = client?.connection;
  if (client === undefined || connection === undefined) return undefined;
  const namespaces = client.resource(KUBE_SYSTEM);
  return {
    url: connection.server,
    ...(connection.ca === undefined ? {} : { ca: connection.ca }),
    ...(namespaces.get === undefined ? {} : { uid: (signal) => kubeSystemUid((name) => namespaces.get?.(name, { signal })) }),
  };
}

async function kubeSystemUid(get: (name: string) => Promise<unknown> | undefined): Promise<string | undefined> {
  try {
    const uid = ((await get('kube-system')) as { readonly metadata?: { readonly uid?: unknown } } | undefined)?.metadata?.uid;
    return typeof uid === 'string' && uid !== '' ? uid : undefined;
  } catch (error) {
    if (REFUSED.has((error as { readonly statusCode?: unknown }).statusCode)) return undefined;
    throw error;
  }
}

/** How long a server is waited for that need not answer. */
const ASK_MS = 5_000;

interface Question {
  readonly answer: Promise<void>;
  readonly end: AbortController;
  waiting: number;
}

/**
 * Which server an informer reads, beside the one that its file was saved from. While the server is away its URL and its authorities decide; at the
 * first contact the UID of `kube-system` does, where both are known. It is asked for once.
 */
export class ServerCheck {
  readonly #description: ServerDescription | undefined;
  readonly #saved: SavedServer | undefined;
  readonly #url: string;
  #ca = '';
  #uid: string | undefined;
  #prepared: Promise<void> | undefined;
  #question: Question | undefined;
  #answered = false;
  #disowned = false;

  constructor(description: ServerDescription | undefined, saved?: SavedServer) {
    this.#description = description;
    this.#saved = saved;
    this.#url = description === undefined ? '' : placeOf(description.url);
  }

  /** The schema fingerprint that the file's objects were listed under; undefined where it says none. */
  get savedForm(): string | undefined {
    return this.#saved?.form;
  }

  /** Whether there is a file, so that nothing may be read before it is known whether it is of this server. */
  get restored(): boolean {
    return this.#saved !== undefined;
  }

  /** Whether the UID says that the file and the server are one. */
  get proven(): boolean {
    const saved = this.#saved?.server?.uid;
    return this.#answered && this.#uid !== undefined && this.#uid === saved;
  }

  /** Whether the UID says that the file is of another server. */
  get foreign(): boolean {
    const saved = this.#saved?.server?.uid ?? '';
    return this.#answered && this.#uid !== undefined && saved !== '' && this.#uid !== saved;
  }

  /** What came from a file of another server has left the view. */
  disown(): void {
    this.#disowned = true;
  }

  /** Computes the fingerprint of the authorities, once; before that, they count as the runtime's. */
  prepare(): Promise<void> {
    this.#prepared ??= this.#fingerprint();
    return this.#prepared;
  }

  async #fingerprint(): Promise<void> {
    const ca = this.#description?.ca;
    if (ca === undefined) return;
    const bytes = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(ca.replaceAll('\r\n', '\n').trim()));
    this.#ca = [...new Uint8Array(bytes)].map((byte) => byte.toString(16).padStart(2, '0')).join('');
  }

  /** Why URL and authorities say that the file is of another server; undefined: they are the same, or neither side knows its server. */
  get mismatch(): string | undefined {
    const saved = this.#saved?.server;
    if (saved === undefined && this.#description === undefined) return undefined;
    if (saved === undefined) return `it does not say from which server it was saved, and the server is ${this.#url}`;
    if (this.#description === undefined) return `it was saved from ${saved.url}, and it is not known which server is read now`;
    if (saved.url !== this.#url) return `it was saved from ${saved.url}, and the server is ${this.#url}`;
    if (saved.ca !== this.#ca) return `it was saved from ${saved.url} under other certificate authorities`;
    return undefined;
  }

  /**
   * Asks for the UID until there was an answer. Rejects where the server could not be asked; the next call asks again. Ends with the signal. Those who
   * ask at once share one question, which ends with the last of them. Who asks after one of them gave it up asks anew: else those who give it up and
   * come again by turns would wait for ever for an answer that was lost.
   */
  async ask(signal: AbortSignal): Promise<void> {
    await this.prepare();
    const { uid } = this.#description ?? {};
    if (this.#answered || uid === undefined) return;
    const question = (this.#question ??= this.#put(uid));
    question.waiting += 1;
    try {
      await new Promise<void>((resolve, reject) => {
        const onAbort = (): void => {
          if (this.#question === question) this.#question = undefined;
          reject(signal.reason as Error);
        };
        signal.addEventListener('abort', onAbort, { once: true });
        if (signal.aborted) onAbort();
        question.answer.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort));
      });
    } finally {
      question.waiting -= 1;
      if (question.waiting === 0) {
        if (this.#question === question) this.#question = undefined;
        question.end.abort(signal.reason);
      }
    }
  }

  /** Asks for five seconds at most: for those who can go on without the answer. Rejects as `ask` does, and after that time. */
  async askBriefly(clock: Clock, signal?: AbortSignal): Promise<void> {
    const asked = new AbortController();
    const late = clock.sleep(ASK_MS, asked.signal).then(
      () => asked.abort(new Error('the server did not answer in time')),
      () => undefined,
    );
    try {
      await this.ask(signal === undefined ? asked.signal : AbortSignal.any([signal, asked.signal]));
    } finally {
      asked.abort();
      await late;
    }
  }

  #put(uid: NonNullable<ServerDescription['uid']>): Question {
    const end = new AbortController();
    const answer = Promise.resolve()
      .then(() => uid(end.signal))
      .then((text: unknown) => {
        this.#uid = typeof text === 'string' && text !== '' ? text : undefined;
        this.#answered = true;
      });
    answer.catch(() => undefined);
    return { answer, end, waiting: 0 };
  }

  /** What a file that is saved now says of the server: of that which the objects in the view are of, until those of another have left. */
  get identity(): ServerIdentity | undefined {
    if (this.#description === undefined) return undefined;
    const known = this.#answered && (this.#disowned || !this.foreign);
    return { url: this.#url, ca: this.#ca, uid: (known ? this.#uid : this.#saved?.server?.uid) ?? '' };
  }
}

/** The URL without what changes nothing, and without secrets. */
function placeOf(url: string): string {
  const { protocol, host, pathname } = new URL(url);
  return `${protocol}//${host}${pathname.replace(/\/+$/u, '')}`;
}
