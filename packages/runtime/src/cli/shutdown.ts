/** The parts of a process that are used; tests bring their own. */
export interface ProcessLike {
  on(event: NodeJS.Signals, listener: () => void): unknown;
  removeListener(event: NodeJS.Signals, listener: () => void): unknown;
  exit(code: number): void;
  readonly stdin: { on(event: 'end' | 'close' | 'error', listener: () => void): unknown; resume(): unknown };
}

export interface ShutdownOptions {
  /** Default SIGINT and SIGTERM. */
  readonly signals?: readonly NodeJS.Signals[];
  /** Also stop when standard input is closed: then no process outlives the parent that holds its other end, however that one ended. */
  readonly withStdin?: boolean;
  /** Called once, with what asked for the end. */
  readonly onStop?: (why: string) => void;
  readonly process?: ProcessLike;
}

/** The end of a process, as a signal. */
export interface Shutdown extends Disposable {
  /** Aborted when the process is asked to end. A second request ends it at once with status 1. */
  readonly signal: AbortSignal;
  /** Asks for the end from within. */
  stop(why: string): void;
}

export function createShutdown(options: ShutdownOptions = {}): Shutdown {
  const own: ProcessLike = options.process ?? process;
  const controller = new AbortController();
  const stop = (why: string): void => {
    if (controller.signal.aborted) return;
    options.onStop?.(why);
    controller.abort(new Error(`stopped by ${why}`));
  };
  const listeners = (options.signals ?? (['SIGINT', 'SIGTERM'] as const)).map((name) => {
    const listener = (): void => {
      if (controller.signal.aborted) own.exit(1);
      else stop(name);
    };
    own.on(name, listener);
    return { name, listener };
  });
  if (options.withStdin === true) {
    const closed = (): void => stop('the end of standard input');
    own.stdin.on('end', closed);
    own.stdin.on('close', closed);
    own.stdin.on('error', closed);
    own.stdin.resume();
  }
  return {
    signal: controller.signal,
    stop,
    [Symbol.dispose]() {
      for (const { name, listener } of listeners) own.removeListener(name, listener);
    },
  };
}
