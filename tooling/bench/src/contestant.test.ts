import { expect, test } from 'vitest';
import { runContestant } from './contestant.ts';

const program = (text: string): Parameters<typeof runContestant>[0] => ({ who: 'one', command: process.execPath, args: ['-e', text] });
const done = `console.log('{"settled":true}'); process.stdin.resume();`;

test('the figures of a contestant come with the memory that the kernel saw', async () => {
  const lines: unknown[] = [];
  const figures = await runContestant(
    program(`console.log('{"ready":true}'); console.log('noise'); console.log('{"seconds":1.5,"who":"x"}'); ${done}`),
    {
      onLine: (line) => lines.push(line),
    },
  );
  expect(figures['seconds']).toBe(1.5);
  expect(Object.keys(figures).sort()).toEqual(['peakMB', 'seconds', 'steadyMB']);
  expect(figures['peakMB']).toBeGreaterThan(10);
  expect(lines).toEqual([{ ready: true }]);
});

test('one that ends early, hangs or cannot be started is an error with its name and what it said', async () => {
  await expect(runContestant(program(`console.error('why'); process.exitCode = 3`))).rejects.toThrow(
    /one ended with 3 before it was done\nwhy/u,
  );
  await expect(runContestant(program('setInterval(() => 0, 1000)'), { timeoutMs: 300 })).rejects.toThrow('not done within 0.3 s');
  await expect(runContestant(program(done))).rejects.toThrow('settled before it told its figures');
  await expect(runContestant({ who: 'two', command: '/nowhere', args: [] })).rejects.toThrow('two could not be started');
});
