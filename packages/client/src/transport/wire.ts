import type { Connection } from '../connection/connection.ts';
import type { Identity } from '../connection/identity.ts';
import type { TransportLimits, TransportRequest } from './transport-options.ts';
import type { Clock } from '@kubecast/clock';

/** One request under way. It is ended from outside, or fails by itself, whichever comes first. */
export interface Call {
  readonly what: string;
  /** Aborted when it is given up, with the reason. */
  readonly signal: AbortSignal;
  /** Why it was given up; wins over what the connection then says. */
  failure: unknown;
  /** Whether it went over a connection that an earlier request had used. */
  kept: boolean;
  /** Whether the server said that it did nothing with it, so that it may be sent again whatever it is. */
  refused: boolean;
  /** Ends what is under way for it. Set by the wire once there is something. */
  destroy: (() => void) | undefined;
  end(reason: unknown): void;
}

/** An answer's head, and its body as it comes. */
export interface WireAnswer {
  readonly statusCode: number;
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly body: AsyncIterable<Uint8Array>;
  /** Once the body has ended: whether that was the end that the server gave it. */
  complete(): boolean;
  /** What broke the body off, where the wire knows better than the body's own error. */
  failure?(): unknown;
}

/** What a wire is made of. */
export interface WireParts {
  readonly connection: Connection;
  readonly limits: TransportLimits;
  readonly clock: Clock;
  readonly userAgent: string;
  /** Called for each connection that is opened. */
  readonly opened: () => void;
}

/** How requests go to the server: one version of HTTP, with its connections. Nothing is opened before the first request. */
export interface Wire {
  send(call: Call, request: TransportRequest, identity: Identity): Promise<WireAnswer>;
  /** Sends nothing more over the connections that are there: they may be half-open. Those in use go on, and are closed after that. */
  dropKept(): void;
  close(): void;
}
