import { Agent, get } from 'node:http';
import type { Target } from './load.ts';

export interface Calls {
  /** Milliseconds of each call that began after the warm-up, sorted; of those that failed too. */
  readonly times: readonly number[];
  /** Of those, the ones that were no 200. */
  readonly failed: number;
}

/** So many callers in a closed loop: each calls again as soon as its call has ended. What begins in the first `warmUpMs` is left out. */
export async function callers({ port, path }: Target, count: number, ms: number, warmUpMs: number): Promise<Calls> {
  const agent = new Agent({ keepAlive: true, maxSockets: count });
  const begun = performance.now();
  const times: number[] = [];
  let failed = 0;
  const one = async (): Promise<void> => {
    for (;;) {
      const at = performance.now();
      if (at - begun >= ms) return;
      const status = await statusOf(agent, port, path);
      if (at - begun < warmUpMs) continue;
      times.push(performance.now() - at);
      if (status !== 200) failed += 1;
    }
  };
  await Promise.all(Array.from({ length: count }, one));
  agent.destroy();
  return { times: times.sort((a, b) => a - b), failed };
}

function statusOf(agent: Agent, port: number, path: string): Promise<number> {
  return new Promise((resolve, reject) => {
    get({ agent, port, path, host: '127.0.0.1' }, (answer) => {
      answer.resume();
      answer.on('end', () => resolve(answer.statusCode ?? 0));
      answer.on('error', reject);
    }).on('error', reject);
  });
}
