import type { ModelIndex, Problem } from '@kubecast/model-index';
import type { Clock } from '@kubecast/clock';

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
 * what stays as it is. `failing` counts the values that could not be loaded. Runs until the signal is aborted.
 */
export async function tellChanges(index: ModelIndex, failing: () => number, log: Log, clock: Clock, signal: AbortSignal): Promise<void> {
  const sources = new Map<string, string>();
  let redis = '';
  let problems: ReadonlyMap<string, Problem> = new Map();
  let seen = '';
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
      const now = `${index.revision} ${failing()}`;
      if (now !== seen) problems = tellProblems(problems, index.problems(), log);
      seen = now;
    }
    try {
      await clock.sleep(STATES_MS, signal);
    } catch {
      return;
    }
  }
}

/** Lines for problems at one time; what is beyond is counted. */
const LINES = 100;

function tellProblems(before: ReadonlyMap<string, Problem>, standing: readonly Problem[], log: Log): ReadonlyMap<string, Problem> {
  const now = new Map(standing.map((problem) => [JSON.stringify(problem), problem]));
  const tell = (problems: Iterable<[string, Problem]>, among: ReadonlyMap<string, Problem>, say: (fields: object) => void): void => {
    let lines = 0;
    for (const [id, { message, ...fields }] of problems) {
      if (among.has(id)) continue;
      lines += 1;
      if (lines <= LINES) say({ ...fields, problem: message });
    }
    if (lines > LINES) say({ more: lines - LINES, problem: 'there are more; /v1/problems lists all that stand' });
  };
  tell(now, before, (fields) => log.warn(fields, 'problem'));
  tell(before, now, (fields) => log.info(fields, 'problem is gone'));
  return now;
}
