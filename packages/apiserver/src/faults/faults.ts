import { ApiServerError } from '../errors.ts';
import type { Socket } from 'node:net';
import { stopReading } from '../http/connection.ts';
import type { Registry } from '../routing/registry.ts';
import type { Storage } from '../storage/storage.ts';
import type { ActiveFault, Fault, FaultMatch, RequestFacts } from './fault.ts';
import { FaultPlan } from './fault-plan.ts';

/** Faults on demand. */
export class Faults {
  readonly #plan = new FaultPlan();
  readonly #storage: Storage;
  readonly #registry: Registry;
  readonly #sockets: ReadonlySet<Socket>;
  readonly #frozen = new WeakSet<Socket>();

  constructor(parts: { storage: Storage; registry: Registry; sockets: ReadonlySet<Socket> }) {
    this.#storage = parts.storage;
    this.#registry = parts.registry;
    this.#sockets = parts.sockets;
  }

  /**
   * Puts a fault in force for the requests that match, from the next one on.
   * @throws ApiServerError ERR_APISERVER_OPTION for a fault or a match with a field that is misspelt, missing or of another type; nothing is in force then
   */
  add(fault: Fault, match: FaultMatch = {}): ActiveFault {
    return this.#plan.add(fault, match);
  }

  /** Removes all faults; frozen connections stay frozen. */
  clear(): void {
    this.#plan.clear();
  }

  /** The faults that one request meets. */
  take(facts: RequestFacts): readonly Fault[] {
    return this.#plan.take(facts);
  }

  /** Cuts every open connection now. Returns their number. */
  dropConnections(): number {
    const sockets = [...this.#sockets];
    for (const socket of sockets) socket.destroy();
    return sockets.length;
  }

  /**
   * Nothing more is answered or sent on the connections that are open now, and they are not closed: like a lost route or a
   * dead node. New connections work. Returns the number of frozen connections.
   */
  freezeConnections(): number {
    for (const socket of this.#sockets) {
      this.#frozen.add(socket);
      stopReading(socket);
    }
    return this.#sockets.size;
  }

  isFrozen(socket: Socket): boolean {
    return this.#frozen.has(socket);
  }

  /** Watches can no longer resume from before now, and continue tokens and exact lists from before now are gone. */
  expireHistory(): void {
    this.#storage.expireHistory();
  }

  /** Ends every open watch cleanly, of all resources or of one (`appmodels`). */
  endWatches(plural?: string): void {
    if (plural !== undefined && typeof plural !== 'string')
      throw new ApiServerError('ERR_APISERVER_OPTION', 'endWatches takes the plural of a kind, or nothing for all of them');
    for (const kind of this.#registry.kinds()) if (plural === undefined || kind.plural === plural) kind.endWatches();
  }

  /**
   * The server goes back to what it was at `revision`, as after a restored backup and a restart: objects, versions and
   * counter; every connection is cut, and watches cannot resume from before.
   * @throws RangeError when the window of changes does not reach that far
   */
  goBack(revision: number): void {
    this.#storage.goBack(revision);
    for (const kind of this.#registry.kinds()) kind.endWatches();
    this.dropConnections();
  }
}
