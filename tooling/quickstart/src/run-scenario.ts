import { measurePropagation, scenario } from './scenario/index.ts';
import { makeReport, percentile, round, type Report, type StepReport } from './report.ts';
import type { World } from './world.ts';

/** Runs every step, in order, and measures the propagation. A step that fails does not stop the next: the report shows them all. */
export async function runScenario(world: World, changes: number, cancelled: AbortSignal): Promise<Report> {
  const steps: StepReport[] = [];
  const step = async (name: string, body: () => Promise<void>, skipped?: string): Promise<void> => {
    if (cancelled.aborted) return;
    if (skipped !== undefined) {
      steps.push({ name, ok: true, ms: 0, skipped });
      world.log(`skip  ${name} (${skipped})`);
      return;
    }
    const start = performance.now();
    try {
      await body();
      const ms = round(performance.now() - start);
      steps.push({ name, ok: true, ms });
      world.log(`ok    ${name} (${ms} ms)`);
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      steps.push({ name, ok: false, ms: round(performance.now() - start), error: message });
      world.log(`FAIL  ${name}: ${message}`);
    }
  };
  for (const each of scenario) {
    await step(
      each.name,
      () => each.run(world),
      each.needsFault !== undefined && !world.faults ? `needs a cluster of our own: ${each.needsFault}` : undefined,
    );
  }
  let samples: readonly number[] = [];
  await step(`${changes} changes, one at a time, each served by every resolver`, async () => {
    samples = await measurePropagation(world, changes, (ms, done) => {
      if (done % 10 === 0) world.log(`      ${done} of ${changes} changes, the last served everywhere after ${ms.toFixed(1)} ms`);
    });
    world.log(`      p50 ${percentile(samples, 0.5).toFixed(1)} ms, p99 ${percentile(samples, 0.99).toFixed(1)} ms`);
  });
  return makeReport(steps, samples, world.resolvers.length, await countModels(world), changes);
}

async function countModels(world: World): Promise<number> {
  const [resolver] = world.resolvers;
  if (!resolver) return 0;
  const answer = await world.http(`${resolver.url}/v1/namespaces/${encodeURIComponent(world.namespace)}/models`);
  return ((answer.json as { models?: unknown[] } | undefined)?.models ?? []).length;
}
