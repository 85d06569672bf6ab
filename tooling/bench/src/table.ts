import type { Outcome, Summary } from './rounds.ts';

/** How a benchmark's figures are shown. */
export interface Shape {
  readonly bench: string;
  readonly title: string;
  /** Metrics in the order of the columns; the first is the one that ratios are of. */
  readonly metrics: readonly string[];
  /** Who the ratios are to; usually `floor`. */
  readonly floor?: string;
}

export interface ResultLine {
  readonly bench: string;
  readonly who: string;
  readonly metric: string;
  readonly median: number;
  readonly min: number;
  readonly max: number;
  /** The median to that of the floor, where there is one. */
  readonly floorRatio?: number;
}

export function resultLines({ bench, floor }: Shape, outcome: Outcome): readonly ResultLine[] {
  const lines: ResultLine[] = [];
  for (const [who, metrics] of outcome) {
    for (const [metric, summary] of metrics) {
      const of = floor === undefined ? undefined : outcome.get(floor)?.get(metric)?.median;
      lines.push({
        bench,
        who,
        metric,
        median: short(summary.median),
        min: short(summary.min),
        max: short(summary.max),
        ...(of === undefined || of === 0 ? {} : { floorRatio: short(summary.median / of) }),
      });
    }
  }
  return lines;
}

/** Three significant digits, and whole numbers whole. */
export function short(value: number): number {
  return Math.abs(value) >= 1000 ? Math.round(value) : Number(value.toPrecision(3));
}

function cell(summary: Summary | undefined): string {
  if (!summary) return '–';
  const { median, min, max } = summary;
  return min === max ? String(short(median)) : `${short(median)} (${short(min)}–${short(max)})`;
}

/** A table in Markdown, which reads well in a terminal too: medians, with the least and the most; ratios of the first metric at the end. */
export function tableOf({ metrics, floor, title }: Shape, outcome: Outcome): string {
  const [first = ''] = metrics;
  const shown = metrics.filter((metric) => [...outcome.values()].some((own) => own.has(metric)));
  const of = floor === undefined ? undefined : outcome.get(floor)?.get(first)?.median;
  const head = ['', ...shown, ...(of === undefined ? [] : [`${first} / ${floor}`])];
  const rows = [...outcome].map(([who, own]) => {
    const median = own.get(first)?.median;
    return [
      who,
      ...shown.map((metric) => cell(own.get(metric))),
      ...(of === undefined ? [] : [median === undefined ? '–' : String(short(median / of))]),
    ];
  });
  const widths = head.map((text, i) => Math.max(text.length, 3, ...rows.map((row) => (row[i] ?? '').length)));
  const line = (cells: readonly string[]): string => `| ${cells.map((text, i) => text.padEnd(widths[i] as number)).join(' | ')} |`;
  return [`### ${title}`, '', line(head), line(widths.map((width) => '-'.repeat(width))), ...rows.map(line), ''].join('\n');
}
