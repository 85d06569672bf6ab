import { mkdirSync, writeFileSync } from 'node:fs';
import { keptResults } from './results.ts';
import type { ResultLine } from './table.ts';

interface Plot {
  readonly file: string;
  readonly title: string;
  readonly bench: RegExp;
  readonly metric: string;
  readonly unit: string;
}

const PLOTS: readonly Plot[] = [
  {
    file: 'sync-seconds',
    title: 'The first complete copy of 100,000 objects: seconds',
    bench: /^sync-100000$/u,
    metric: 'seconds',
    unit: 's',
  },
  {
    file: 'sync-peak',
    title: 'The first complete copy of 100,000 objects: peak memory',
    bench: /^sync-100000$/u,
    metric: 'peakMB',
    unit: 'MB',
  },
  { file: 'memory', title: 'Memory for each object more, steady', bench: /^memory$/u, metric: 'steadyBytesPerObject', unit: 'B' },
  { file: 'import', title: 'Importing: milliseconds', bench: /^import$/u, metric: 'importMs', unit: 'ms' },
];

const THEMES = {
  light: { ground: '#ffffff', text: '#1f2328', faint: '#59636e', ours: '#0969da', others: '#8c959f', line: '#d1d9e0' },
  dark: { ground: '#0d1117', text: '#f0f6fc', faint: '#9198a1', ours: '#4493f8', others: '#656c76', line: '#3d444d' },
} as const;

const folder = new URL('../plots/', import.meta.url).pathname;

/** Draws the plots of the kept results, each once for light and once for dark pages. */
export function drawReport(): void {
  const results = keptResults();
  if (results.length === 0) {
    console.error('There are no results yet: npm run bench -- all --results measures and keeps them.');
    process.exitCode = 1;
    return;
  }
  mkdirSync(folder, { recursive: true });
  const lines = results.flatMap((each) => each.lines);
  let drawn = 0;
  for (const plot of PLOTS) {
    const rows = lines.filter(({ bench, metric }) => plot.bench.test(bench) && metric === plot.metric);
    if (rows.length === 0) continue;
    for (const theme of ['light', 'dark'] as const) {
      writeFileSync(`${folder}${plot.file}-${theme}.svg`, plotOf(plot, rows, theme));
      drawn += 1;
    }
  }
  console.log(`${drawn} plots are in tooling/bench/plots`);
}

const escaped = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');

/** Bars of the medians with a whisker from the least to the most; ours in colour. */
export function plotOf({ title, unit }: Plot, rows: readonly ResultLine[], theme: keyof typeof THEMES): string {
  const { ground, text, faint, ours, others, line } = THEMES[theme];
  const width = 720;
  const left = 200;
  const right = 110;
  const bar = 20;
  const gap = 10;
  const top = 44;
  const height = top + rows.length * (bar + gap) + 12;
  const most = Math.max(...rows.map((row) => row.max), Number.MIN_VALUE);
  const x = (value: number): number => Math.round((left + (value / most) * (width - left - right)) * 10) / 10;
  const bars = rows.map((row, i) => {
    const y = top + i * (bar + gap);
    const fill = /kubecast/u.test(row.who) ? ours : others;
    const middle = y + bar / 2;
    const whisker =
      row.max > row.min
        ? `<path d="M${x(row.min)} ${middle}H${x(row.max)}M${x(row.min)} ${middle - 4}v8M${x(row.max)} ${middle - 4}v8" stroke="${text}" fill="none"/>`
        : '';
    return [
      `<text x="${left - 10}" y="${middle + 4}" text-anchor="end" fill="${text}">${escaped(row.who)}</text>`,
      `<rect x="${left}" y="${y}" width="${Math.max(1, x(row.median) - left)}" height="${bar}" rx="2" fill="${fill}"/>`,
      whisker,
      `<text x="${x(Math.max(row.median, row.max)) + 8}" y="${middle + 4}" fill="${faint}">${row.median} ${unit}</text>`,
    ].join('');
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img" aria-label="${escaped(title)}" font-family="system-ui, sans-serif" font-size="13">
<rect width="${width}" height="${height}" fill="${ground}"/>
<text x="16" y="26" font-size="16" font-weight="600" fill="${text}">${escaped(title)}</text>
<path d="M${left} ${top - 6}V${height - 8}" stroke="${line}"/>
${bars.join('\n')}
</svg>
`;
}
