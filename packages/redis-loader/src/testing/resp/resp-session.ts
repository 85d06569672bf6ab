import type { RespDatabase } from './resp-database.ts';

/** The state of one connection. */
export interface RespSession {
  readonly id: number;
  readonly address: string;
  name: string;
  protocol: 2 | 3;
  authenticated: boolean;
  db: number;
  monitor: boolean;
  /** Commands between MULTI and EXEC. */
  queued: Buffer[][] | undefined;
  queueBroken: boolean;
  commands: number;
  libName: string;
  libVersion: string;
  last: string;
  close(): void;
}

/** What commands may touch besides their own connection. */
export interface RespWorld {
  readonly sessions: ReadonlySet<RespSession>;
  readonly password: string | undefined;
  readonly now: () => number;
  /** What WAIT answers. */
  readonly replicas: number;
  /** Scripts that were loaded, by SHA-1. */
  readonly loaded: Set<string>;
  database(index: number): RespDatabase;
  flushAll(): void;
  /** Tells monitors of a command that a script ran. */
  scriptRan(session: RespSession, args: readonly Buffer[]): void;
}
