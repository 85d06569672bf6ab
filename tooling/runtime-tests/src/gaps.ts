export interface Gap {
  readonly suite: string;
  readonly runtime: string;
  readonly test: string;
  readonly reason: string;
}

/** Reads the table of RUNTIME-GAPS.md: `| suite | runtime | test | reason |`. A row without a reason is an error. */
export function parseGaps(markdown: string): Gap[] {
  const gaps: Gap[] = [];
  for (const line of markdown.split('\n')) {
    const cells = line.split('|').map((cell) => cell.trim());
    if (cells.length < 6 || cells[1] === 'suite' || /^:?-+:?$/.test(cells[1] ?? '')) continue;
    const [, suite = '', runtime = '', test = '', reason = ''] = cells;
    if (reason === '') throw new Error(`RUNTIME-GAPS.md: the row of "${test}" on ${runtime} has no reason`);
    gaps.push({ suite, runtime, test, reason });
  }
  return gaps;
}
