import { setTimeout as sleep } from 'node:timers/promises';
import type { BareApi } from './bare-api.ts';
import type { Random } from './random.ts';

export const namespaces: readonly string[] = ['ns-0', 'ns-1', 'ns-2', 'ns-3', 'ns-4'];

export interface WriteAnswer {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  readonly version: string;
}

const base = '/apis/iidp.com/v1';
const merge = 'application/merge-patch+json';

/**
 * Writes AppModels by plain requests, beside any proxy: creates, updates, deletes, deletes and makes again under the same name, and relabels
 * in and out of a selector. It keeps no picture of what is there, so that a server that went back does not confuse it.
 */
export class Churn {
  readonly api: BareApi;
  readonly #random: Random;
  readonly #count: number;
  readonly counters = { writes: 0, creates: 0, updates: 0, deletes: 0, recreations: 0, relabels: 0, refused: 0, failed: 0 };
  /** Writes a second. */
  perSecond = 0;
  #stopped = false;
  #underWay = new Set<Promise<void>>();
  #running: Promise<void> | undefined;
  #n = 0;

  constructor(api: BareApi, random: Random, count: number) {
    this.api = api;
    this.#random = random;
    this.#count = count;
  }

  /** Makes every object once. */
  async fill(progress: (done: number) => void): Promise<void> {
    let next = 0;
    const worker = async (): Promise<void> => {
      while (next < this.#count) {
        const index = next++;
        const answer = await this.api.send('POST', pathOf(index), this.#object(index));
        if (answer.code !== 201 && answer.code !== 409) throw new Error(`create ${index}: ${answer.code} ${answer.text.slice(0, 300)}`);
        if (index % 2000 === 1999) progress(index + 1);
      }
    };
    await Promise.all(Array.from({ length: 16 }, worker));
  }

  start(perSecond: number): void {
    this.perSecond = perSecond;
    this.#running ??= this.#run();
  }

  /** No write is under way when it resolves, until `perSecond` is set again. */
  async pause(): Promise<void> {
    this.perSecond = 0;
    while (this.#underWay.size > 0) await Promise.all(this.#underWay);
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#running;
    await this.pause();
  }

  /** Writes a mark into each namespace, again and again until the server takes it. */
  async mark(text: string): Promise<readonly WriteAnswer[]> {
    return Promise.all(namespaces.map((namespace) => this.write(namespace, 'the-mark', text)));
  }

  /** Makes or changes one object, until the server takes it. */
  async write(namespace: string, name: string, text: string): Promise<WriteAnswer> {
    const path = `${base}/namespaces/${namespace}/appmodels`;
    for (;;) {
      try {
        let answer = await this.api.send('PATCH', `${path}/${name}`, { spec: { version: text } }, merge, 5000);
        if (answer.code === 404) answer = await this.api.send('POST', path, modelOf(name, { team: 'a' }, text), undefined, 5000);
        if (answer.code < 300) {
          const { metadata } = JSON.parse(answer.text) as { metadata: { uid: string; resourceVersion: string } };
          return { namespace, name, uid: metadata.uid, version: metadata.resourceVersion };
        }
      } catch {
        this.api.reconnect();
      }
      await sleep(50);
    }
  }

  async #run(): Promise<void> {
    let due = performance.now();
    while (!this.#stopped) {
      const now = performance.now();
      if (this.perSecond === 0 || this.#underWay.size >= 20) {
        await sleep(5);
        due = performance.now();
        continue;
      }
      if (due > now) {
        await sleep(due - now);
        continue;
      }
      due = Math.max(due + 1000 / this.perSecond, now - 100);
      const write = this.#one().catch(() => {
        this.counters.failed += 1;
      });
      this.#underWay.add(write);
      void write.finally(() => this.#underWay.delete(write));
    }
  }

  async #one(): Promise<void> {
    const random = this.#random;
    const index = random.below(this.#count);
    const path = `${pathOf(index)}/${nameOf(index)}`;
    const kind = random.below(100);
    const { counters } = this;
    if (kind < 60) {
      counters.updates += 1;
      const done = await this.#send('PATCH', path, { spec: { version: this.#text(), models: this.#models() } }, merge);
      if (done === 404) await this.#send('POST', pathOf(index), this.#object(index));
    } else if (kind < 70) {
      counters.relabels += 1;
      await this.#send('PATCH', path, { metadata: { labels: { team: random.below(2) === 0 ? 'a' : 'b' } } }, merge);
    } else if (kind < 82) {
      counters.deletes += 1;
      await this.#send('DELETE', path);
    } else if (kind < 94) {
      counters.creates += 1;
      await this.#send('POST', pathOf(index), this.#object(index));
    } else {
      counters.recreations += 1;
      await this.#send('DELETE', path);
      await this.#send('POST', pathOf(index), this.#object(index));
    }
  }

  async #send(method: string, path: string, body?: unknown, type?: string): Promise<number> {
    const { code } = await this.api.send(method, path, body, type, 10_000);
    if (code < 300) this.counters.writes += 1;
    else if (code !== 404 && code !== 409) this.counters.refused += 1;
    return code;
  }

  #object(index: number): Record<string, unknown> {
    return { ...modelOf(nameOf(index), { team: index % 2 === 0 ? 'a' : 'b' }, this.#text(), this.#models()) };
  }

  #text(): string {
    this.#n += 1;
    return `v-${this.#n}`;
  }

  #models(): readonly { readonly name: string; readonly version: string }[] {
    // Characters of several bytes, so that a connection that is cut in pieces cuts them too.
    return Array.from({ length: 2 + this.#random.below(8) }, (_, i) => ({ name: `모델-${i}-édge`, version: this.#text() }));
  }
}

/** Where the objects of one of the churn's namespaces are, or all of them. */
export function modelsPath(namespace = ''): string {
  return namespace === '' ? `${base}/appmodels` : `${base}/namespaces/${namespace}/appmodels`;
}

function nameOf(index: number): string {
  return `model-${String(index).padStart(6, '0')}`;
}

function pathOf(index: number): string {
  return `${base}/namespaces/${namespaces[index % namespaces.length] ?? ''}/appmodels`;
}

function modelOf(
  name: string,
  labels: Record<string, string>,
  version: string,
  models: readonly unknown[] = [{ name: 'm', version: '1' }],
): Record<string, unknown> {
  return {
    apiVersion: 'iidp.com/v1',
    kind: 'AppModel',
    metadata: { name, labels: { ...labels, iidp: 'iidp' }, annotations: { note: 'für alle Modelle – 모든 모델' } },
    spec: { app: name, version, models },
  };
}
