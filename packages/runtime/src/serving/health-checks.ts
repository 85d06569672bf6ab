import type { Clock } from '@kubecast/clock';
import { systemClock } from '@kubecast/clock';
import { messageOf } from '../thrown.ts';
import { withDeadline } from '../timing/deadline.ts';

/** One thing that is looked at. */
export interface HealthCheck {
  readonly name: string;
  /** Throws, or rejects, with a message in words without secrets, if it is not well. False is a failure too, without a reason. */
  readonly check: (signal: AbortSignal) => Promise<void> | void;
  /** Milliseconds; a check that takes longer has failed. Default 1,000. */
  readonly deadlineMs?: number;
}

export interface HealthOutcome {
  readonly name: string;
  readonly ok: boolean;
  /** Why not, in words; '' where it is well. */
  readonly reason: string;
}

export interface HealthReport {
  readonly ok: boolean;
  readonly outcomes: readonly HealthOutcome[];
  readonly excluded: readonly string[];
  /** Names asked to be excluded that no check has. */
  readonly unknown: readonly string[];
}

/** Runs checks in parallel, each with its own deadline, so that one that hangs hides none. Never rejects. */
export async function runChecks(
  checks: readonly HealthCheck[],
  options: { readonly clock?: Clock; readonly exclude?: readonly string[] } = {},
): Promise<HealthReport> {
  const clock = options.clock ?? systemClock;
  const exclude = new Set(options.exclude);
  const outcomes = await Promise.all(
    checks
      .filter((check) => !exclude.has(check.name))
      .map(async ({ name, check, deadlineMs = 1_000 }): Promise<HealthOutcome> => {
        try {
          await withDeadline(clock, { what: `the check ${name}`, ms: deadlineMs }, async (signal) => {
            // `check: () => isReady` fits the type: a false that was thrown away would be a check that cannot fail.
            const given: unknown = await check(signal);
            if (given === false) throw new Error('the check gave false');
          });
          return { name, ok: true, reason: '' };
        } catch (error) {
          return { name, ok: false, reason: messageOf(error) };
        }
      }),
  );
  const names = new Set(checks.map((check) => check.name));
  return {
    ok: outcomes.every((outcome) => outcome.ok),
    outcomes,
    excluded: [...exclude].filter((name) => names.has(name)),
    unknown: [...exclude].filter((name) => !names.has(name)),
  };
}

/** As Kubernetes' own endpoints write it, with the reasons. */
export function formatReport(endpoint: string, report: HealthReport): string {
  const lines = report.outcomes.map(({ name, ok, reason }) =>
    ok ? `[+]${name} ok` : `[-]${name} failed: ${reason.replaceAll(/[\r\n]+/g, ' ')}`,
  );
  lines.push(...report.excluded.map((name) => `[+]${name} excluded: ok`));
  if (report.unknown.length > 0)
    lines.push(
      `warn: some health checks cannot be excluded: no matches for ${report.unknown.map((name) => JSON.stringify(name)).join(',')}`,
    );
  lines.push(`${endpoint} check ${report.ok ? 'passed' : 'failed'}`);
  return `${lines.join('\n')}\n`;
}
