export interface Counts {
  readonly passed: number;
  readonly failed: number;
}

function last(pattern: RegExp, text: string): number | undefined {
  const all = [...text.matchAll(pattern)];
  const value = all.at(-1)?.[1];
  return value === undefined ? undefined : Number(value);
}

/** Reads the closing lines of node:test (TAP), `bun test` and `deno test`. Undefined where there is none. */
export function parseCounts(output: string): Counts | undefined {
  const tap = last(/^# pass (\d+)$/gm, output);
  if (tap !== undefined)
    return { passed: tap, failed: (last(/^# fail (\d+)$/gm, output) ?? 0) + (last(/^# cancelled (\d+)$/gm, output) ?? 0) };
  const deno = last(/\|\s*(\d+) passed/g, output);
  if (deno !== undefined) return { passed: deno, failed: last(/(\d+) failed/g, output) ?? 0 };
  const bun = last(/^\s*(\d+) pass$/gm, output);
  if (bun !== undefined) return { passed: bun, failed: last(/^\s*(\d+) fail$/gm, output) ?? 0 };
  return undefined;
}
