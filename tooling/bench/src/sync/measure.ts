import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';

const round = (value: number): number => Math.round(value * 1000) / 1000;

/** What a Node contestant tells of the time from now until `done`: seconds, CPU seconds, and the pauses of its event loop. */
export function measure(): { done(more?: Readonly<Record<string, number>>): void } {
  const loop = monitorEventLoopDelay({ resolution: 1 });
  const begun = performance.now();
  const cpu = process.cpuUsage();
  loop.enable();
  return {
    done(more = {}) {
      const { user, system } = process.cpuUsage(cpu);
      const seconds = (performance.now() - begun) / 1000;
      loop.disable();
      console.log(
        JSON.stringify({
          seconds: round(seconds),
          cpuSeconds: round((user + system) / 1e6),
          // The first millisecond is the timer's own.
          pauseP99Ms: round(loop.percentile(99) / 1e6),
          pauseMaxMs: round(loop.max / 1e6),
          ...more,
        }),
      );
    },
  };
}

/** Collects the garbage, says so, and waits for the end of standard input. */
export async function settle(): Promise<void> {
  const { gc } = globalThis as { gc?: () => void };
  for (let i = 0; i < 3; i += 1) {
    gc?.();
    await sleep(100);
  }
  console.log('{"settled":true}');
  process.stdin.resume();
  await new Promise((resolve) => process.stdin.once('end', resolve));
  process.exit(0);
}
