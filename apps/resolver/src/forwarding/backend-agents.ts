import { createRequire } from 'node:module';
import type { Agent } from 'undici';
import { createConnector, createPlainConnector } from './answer-wire.ts';
import type { BackendProtocol } from './backend-protocol.ts';

// By its file: of `undici` by name Bun gives a part of its own, which has no dispatcher, and the rest of the package is not needed.
const UndiciAgent = createRequire(import.meta.url)('undici/lib/dispatcher/agent.js') as typeof Agent;

/** Names of Services with HTTPS whose connections are kept; beyond that those of the one that was met first are closed. */
const REMEMBERED = 1_000;

/**
 * The connections to endpoints, by what they speak. There are as many as there are calls: the limits of calls in flight bound them, so that a call
 * never waits for the connection of another. Calls that ask for an event stream have connections of their own, which are not looked
 * through for each other call.
 */
export class BackendAgents {
  readonly #connectTimeoutMs: number;
  readonly #ca: string | undefined;
  readonly #plain: Agent;
  readonly #streams: Agent;
  #h2c: Agent | undefined;
  /** By the name that the certificate must have. */
  readonly #secure = new Map<string, Agent>();

  constructor(connectTimeoutMs: number, ca: string | undefined) {
    this.#connectTimeoutMs = connectTimeoutMs;
    this.#ca = ca;
    const timeout = connectTimeoutMs;
    this.#plain = agentOf({ connect: createConnector({ timeout, allowH2: false }) });
    this.#streams = agentOf({ connect: createConnector({ timeout, allowH2: false }) });
  }

  /** `serverName`: what the certificate of an endpoint with HTTPS must be for. */
  of({ tls, h2c }: BackendProtocol, serverName: string, asksForStream: boolean): Agent {
    if (h2c)
      return (this.#h2c ??= agentOf({ connect: createPlainConnector({ timeout: this.#connectTimeoutMs, useH2c: true }), useH2c: true }));
    if (!tls) return asksForStream ? this.#streams : this.#plain;
    let agent = this.#secure.get(serverName);
    if (agent === undefined) {
      const trust = this.#ca === undefined ? {} : { ca: this.#ca };
      agent = agentOf({ connect: createConnector({ timeout: this.#connectTimeoutMs, allowH2: false, servername: serverName, ...trust }) });
      this.#secure.set(serverName, agent);
      if (this.#secure.size > REMEMBERED) {
        const [first] = this.#secure;
        if (first !== undefined) {
          this.#secure.delete(first[0]);
          void first[1].close();
        }
      }
    }
    return agent;
  }

  /** Breaks off what is under way. */
  close(): void {
    for (const agent of [this.#plain, this.#streams, this.#h2c, ...this.#secure.values()]) void agent?.destroy();
  }
}

function agentOf(options: object): Agent {
  // A call's own clock runs from the end of its request; an answer may take as long as it streams.
  return new UndiciAgent({ keepAliveTimeout: 60_000, headersTimeout: 0, bodyTimeout: 0, ...options });
}
