import type { Clock } from '@kubecast/clock';
import { RuntimeOptionsError } from '../errors.ts';
import { textOf } from '../logging/logger.ts';
import type { ToldLog } from '../logging/told-log.ts';
import type { DebugState } from '../serving/debug-page.ts';
import { createDebugServer, type DebugServer } from '../serving/debug-server.ts';
import { createHealthServer, type HealthServer } from '../serving/health-server.ts';
import type { Metrics } from '../serving/metrics.ts';
import type { Listening, ManagerOptions } from './manager-options.ts';

interface Parts {
  readonly clock: Clock;
  readonly metrics: Metrics;
  readonly told: ToldLog;
  /** The manager's own checks of /readyz: what keeps each from being well, in words; '' where nothing does. */
  readonly ready: readonly (readonly [name: string, trouble: () => string])[];
  readonly debug: () => DebugState;
}

/** The ports of a manager: health with or without metrics, metrics alone, the debug page. */
export class ManagerServers {
  readonly urls = { health: '', metrics: '', debug: '' };
  readonly #o: ManagerOptions;
  readonly #health: HealthServer | undefined;
  readonly #metrics: HealthServer | undefined;
  readonly #debug: DebugServer | undefined;

  constructor(options: ManagerOptions, { clock, metrics, told, ready, debug }: Parts) {
    const onError = (error: unknown): void =>
      told.event('servers', textOf(error), { level: 'error', message: 'a request for health, metrics or the debug page failed' });
    const renderMetrics = (): ReturnType<Metrics['render']> => metrics.render();
    this.#o = options;
    const { health } = options;
    for (const [what, listening] of Object.entries({ health, metrics: options.metrics, debug: options.debug })) checkPort(what, listening);
    if (health !== undefined)
      this.#health = createHealthServer({
        clock,
        onError,
        ...(options.metrics === undefined ? { renderMetrics } : {}),
        ...(health.live === undefined ? {} : { live: health.live }),
        ready: [
          ...ready.map(([name, trouble]) => ({
            name,
            check: () => {
              const found = trouble();
              if (found !== '') throw new Error(found);
            },
          })),
          ...(health.ready ?? []),
        ],
      });
    if (options.metrics !== undefined) this.#metrics = createHealthServer({ clock, onError, renderMetrics });
    if (options.debug !== undefined)
      this.#debug = createDebugServer({ read: debug, host: options.debug.host ?? '127.0.0.1', clock, onError });
  }

  /** @throws ListenError for the first port that cannot be opened */
  async listen(): Promise<void> {
    const { health, metrics, debug } = this.#o;
    if (this.#health !== undefined && health !== undefined)
      this.urls.health = await this.#health.listen(health.host ?? '127.0.0.1', health.port);
    if (this.#metrics !== undefined && metrics !== undefined)
      this.urls.metrics = await this.#metrics.listen(metrics.host ?? '127.0.0.1', metrics.port);
    else this.urls.metrics = this.urls.health;
    if (this.#debug !== undefined && debug !== undefined) this.urls.debug = await this.#debug.listen(debug.port);
  }

  turnUnready(reason: string): void {
    this.#health?.turnUnready(reason);
  }

  async stop(): Promise<void> {
    await Promise.all([this.#health?.stop(), this.#metrics?.stop(), this.#debug?.stop()]);
    Object.assign(this.urls, { health: '', metrics: '', debug: '' });
  }
}

function checkPort(what: string, listening: Listening | undefined): void {
  if (listening === undefined) return;
  const { port } = listening;
  if (!Number.isInteger(port) || port < 0 || port > 65_535)
    throw new RuntimeOptionsError(`manager: the port of ${what} must be a whole number from 0 (a free one) to 65535`);
}
