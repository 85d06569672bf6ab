import type { ModelAnswer, ModelIndex } from '@kubecast/model-index';

/** What is read of the index. */
export type AnswerSource = Pick<ModelIndex, 'resolve' | 'freshness' | 'revision'>;

/** JSON that is written, and its length in bytes. */
export interface WrittenJson {
  readonly text: string;
  readonly bytes: number;
}

/**
 * The answers about models as JSON, written once for as long as the index does not change: only how fresh it is is written for each request,
 * and stands at the end. What is stale or missing says for how long, or why, and is written anew each time. Bounded by bytes.
 */
export class ModelAnswers {
  readonly #source: AnswerSource;
  readonly #maxBytes: number;
  readonly #written = new Map<string, Map<string, WrittenJson>>();
  #bytes = 0;
  #revision = -1;

  /** How fresh each namespace is, as text, for the millisecond in which it was asked. */
  readonly #fresh = new Map<string, string>();
  #freshAt = -1;
  readonly #now: () => number;

  constructor(source: AnswerSource, maxBytes: number = 16 * 1024 * 1024, now: () => number = () => performance.now()) {
    this.#source = source;
    this.#now = now;
    this.#maxBytes = maxBytes;
  }

  /** Undefined: nobody announces the model in the namespace. 'evicted': its metadata must be read first. */
  textOf(namespace: string, model: string): WrittenJson | 'evicted' | undefined {
    const source = this.#source;
    if (source.revision !== this.#revision) this.#clear();
    const written = this.#written.get(namespace)?.get(model);
    if (written !== undefined) return finished(written, this.#freshness(namespace));
    const answer = source.resolve(namespace, model);
    if (answer === undefined) return undefined;
    return answer.payload === 'evicted' ? 'evicted' : this.write(answer);
  }

  /** Writes an answer, and keeps the text where it lasts. */
  write(answer: ModelAnswer): WrittenJson {
    if (this.#source.revision !== this.#revision) this.#clear();
    const { freshness, ...rest } = answer;
    const text = JSON.stringify(rest).slice(0, -1);
    const head = { text, bytes: Buffer.byteLength(text) };
    if (lasts(answer)) this.#keep(answer.namespace, answer.model, head);
    return finished(head, freshnessText(freshness));
  }

  #freshness(namespace: string): string {
    const now = Math.floor(this.#now());
    if (now !== this.#freshAt) {
      this.#fresh.clear();
      this.#freshAt = now;
    }
    let text = this.#fresh.get(namespace);
    if (text === undefined) this.#fresh.set(namespace, (text = freshnessText(this.#source.freshness(namespace))));
    return text;
  }

  #keep(namespace: string, model: string, head: WrittenJson): void {
    if (head.bytes > this.#maxBytes >> 3) return;
    if (this.#bytes + head.bytes > this.#maxBytes) this.#clear();
    let models = this.#written.get(namespace);
    if (models === undefined) this.#written.set(namespace, (models = new Map()));
    models.set(model, head);
    this.#bytes += head.bytes;
  }

  #clear(): void {
    this.#written.clear();
    this.#bytes = 0;
    this.#revision = this.#source.revision;
  }
}

/** Whether an answer is the same until the index says that it changed. */
function lasts({ state, reason, staleForMs, payload }: ModelAnswer): boolean {
  return payload === undefined && (state === 'current' || state === 'unverified') && reason === undefined && staleForMs === 0;
}

function freshnessText({ resourceVersion, ageMs }: ModelAnswer['freshness']): string {
  return `,"freshness":{"resourceVersion":${JSON.stringify(resourceVersion)},"ageMs":${Number.isFinite(ageMs) ? ageMs : 'null'}}}\n`;
}

function finished(head: WrittenJson, tail: string): WrittenJson {
  return { text: head.text + tail, bytes: head.bytes + Buffer.byteLength(tail) };
}
