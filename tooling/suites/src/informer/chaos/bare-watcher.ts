import type { IncomingMessage } from 'node:http';
import type { BareApi } from './bare-api.ts';
import { modelsPath } from './churn.ts';

interface Seen {
  readonly version: string;
  readonly at: number;
}

/** Watches AppModels on node:https and JSON.parse alone, as simply as can be: what it has seen is what an informer should have. */
export class BareWatcher {
  readonly #api: BareApi;
  readonly #objects = new Map<string, Seen>();
  #version = '';
  #stream: IncomingMessage | undefined;
  #closed = false;
  restarts = 0;

  constructor(api: BareApi) {
    this.#api = api;
  }

  async start(): Promise<void> {
    const { version, items } = await this.#api.list(modelsPath());
    for (const item of items) this.#take('ADDED', item);
    this.#version = version;
    void this.#run();
  }

  /** When it had this object at this version; undefined: not yet, or no longer. */
  seenAt(id: string, version: string | undefined): number | undefined {
    const seen = this.#objects.get(id);
    return seen !== undefined && seen.version === version ? seen.at : undefined;
  }

  /** Each object that stands, with its version. */
  versions(): Map<string, string> {
    return new Map([...this.#objects].map(([id, { version }]) => [id, version]));
  }

  close(): void {
    this.#closed = true;
    this.#stream?.destroy();
    this.#api.close();
  }

  async #run(): Promise<void> {
    while (!this.#closed) {
      try {
        const path = `${modelsPath()}?watch=1&allowWatchBookmarks=true&timeoutSeconds=600&resourceVersion=${this.#version}`;
        this.#stream = await this.#api.open('GET', path, undefined, undefined, 90_000);
        let rest = '';
        for await (const chunk of this.#stream.setEncoding('utf8') as AsyncIterable<string>) {
          const lines = (rest + chunk).split('\n');
          rest = lines.pop() ?? '';
          for (const line of lines) this.#line(line);
        }
      } catch {
        // It goes on from the last version below.
      }
      this.restarts += 1;
    }
  }

  #line(line: string): void {
    const { type, object } = JSON.parse(line) as { type: string; object: Record<string, unknown> };
    if (type === 'ERROR') throw new Error(JSON.stringify(object));
    this.#version = (object['metadata'] as { resourceVersion: string }).resourceVersion;
    if (type !== 'BOOKMARK') this.#take(type, object);
  }

  #take(type: string, object: Record<string, unknown>): void {
    const { namespace, name, resourceVersion } = object['metadata'] as { namespace: string; name: string; resourceVersion: string };
    const id = `${namespace}/${name}`;
    if (type === 'DELETED') this.#objects.delete(id);
    else this.#objects.set(id, { version: resourceVersion, at: performance.now() });
  }
}
