/** One command that a Redis got, as MONITOR showed it. */
export interface SeenCommand {
  /** In lower case. */
  readonly name: string;
  /** Without the name. Control characters and bytes above 126 as MONITOR writes them: `\\n`, `\\xc8`. */
  readonly args: readonly string[];
  /** What the connection calls itself; '' if it gave no name. */
  readonly client: string;
  readonly address: string;
}

/** What a Redis gets while it is watched. */
export interface CommandLog {
  /** All that was sent before this call, without what connections say on their own behalf (HELLO, CLIENT, INFO, PING ...). */
  read(): Promise<readonly SeenCommand[]>;
  close(): void;
}

/** A private Redis on loopback: a real redis-server, or the server of this package that speaks the same protocol. */
export interface TestRedis extends AsyncDisposable {
  readonly kind: 'redis-server' | 'resp-server';
  readonly url: string;
  readonly host: string;
  readonly port: number;
  /** The process id of redis-server while it runs; undefined for the other. */
  readonly pid: number | undefined;
  /** Ends it as an operator would; its data is kept for `start`. Connections are cut. */
  stop(): Promise<void>;
  /** Starts it again on the same port with the data that it had at `stop`. */
  start(): Promise<void>;
  /** From now on nothing is answered, and no connection is cut: as of a process under SIGSTOP. */
  pause(): void;
  resume(): void;
  /** Watches the commands that arrive from now on; by MONITOR, so both kinds are seen alike. */
  watch(): Promise<CommandLog>;
  /** Ends it for good and removes its files. Idempotent. */
  close(): Promise<void>;
}
