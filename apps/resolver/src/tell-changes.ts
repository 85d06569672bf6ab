import type { ModelIndex, Problem } from '@kubecast/model-index';
import type { Clock } from '@kubecast/store';

/** The part of a logger that is used here; pino is one. */
export interface Log {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
}

/** How often states are compared. They are values that are cheap to read; problems cost a walk over the models. */
const STATES_MS = 250;
const PROBLEMS_EVERY = 20;

/**
 * Logs what changed: the state of each watch and of Redis, each problem that comes or goes. Nothing is said twice, and nothing is said of
 * what stays as it is. Runs until the signal is aborted.
 */
export async function tellChanges(index: ModelIndex, log: Log, clock: Clock, signal: AbortSignal): Promise<void> {
  const sources = new Map<string, string>();
  let redis = '';
  let problems = new Map<string, Problem>();
  for (let round = 0; !signal.aborted; round += 1) {
    for (const { kind, namespace, state, reason, epoch } of index.sources()) {
      const place = `${kind} ${namespace}`;
      const now = `${state} ${epoch} ${reason}`;
      if (sources.get(place) === now) continue;
      const fields = { kind, namespace, state, reason, ...(epoch > 1 ? { epoch } : {}) };
      if (state === 'Watching' || state === 'Streaming' || state === 'Listing' || state === 'Idle') log.info(fields, 'watch');
      else log.warn(fields, 'watch');
      sources.set(place, now);
    }
    const status = index.redis();
    if (status !== undefined && redis !== `${status.state} ${status.reason}`) {
      redis = `${status.state} ${status.reason}`;
      const fields = { state: status.state, ...(status.reason === '' ? {} : { reason: status.reason }) };
      if (status.state === 'refused' || (status.state === 'connecting' && status.reason !== '')) log.warn(fields, 'redis');
      else log.info(fields, 'redis');
    }
    if (round % PROBLEMS_EVERY === 0) {
      const now = new Map(
        index
          .problems()
          .map((problem) => [
            `${problem.code} ${problem.namespace} ${problem.appModel} ${problem.model ?? ''} ${problem.message}`,
            problem,
          ]),
      );
      for (const [id, problem] of now)
        if (!problems.has(id)) log.warn({ ...problem, message: undefined, problem: problem.message }, 'problem');
      for (const [id, problem] of problems)
        if (!now.has(id))
          log.info(
            { code: problem.code, namespace: problem.namespace, appModel: problem.appModel, problem: problem.message },
            'problem is gone',
          );
      problems = now;
    }
    try {
      await clock.sleep(STATES_MS, signal);
    } catch {
      return;
    }
  }
}
