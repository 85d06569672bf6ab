import type { ResolverPicture } from './picture.ts';

export interface PanelState {
  readonly title: string;
  readonly resolvers: readonly ResolverPicture[];
  readonly lastChange?: { readonly what: string; readonly ms: number } | undefined;
  readonly tryIt: readonly string[];
}

export interface Output {
  readonly isTTY: boolean;
  readonly columns: number;
  write(text: string): void;
}

const ESC = '\u001B[';
const paint = (code: string, text: string): string => `${ESC}${code}m${text}${ESC}0m`;

/** Cuts a line to a width, not counting colour codes, so that a redraw never wraps. */
export function fit(line: string, width: number): string {
  let visible = 0;
  let out = '';
  for (let i = 0; i < line.length;) {
    if (line.startsWith(ESC, i)) {
      const end = line.indexOf('m', i);
      if (end < 0) break;
      out += line.slice(i, end + 1);
      i = end + 1;
      continue;
    }
    const char = String.fromCodePoint(line.codePointAt(i) ?? 32);
    if (visible + 1 > width) return `${out}${ESC}0m`;
    out += char;
    visible += 1;
    i += char.length;
  }
  return out;
}

/** The panel's lines: what every resolver holds, how long the last change took, what to try. Pure. */
export function panelLines(state: PanelState, colour: boolean): string[] {
  const c = (code: string, text: string): string => (colour ? paint(code, text) : text);
  const lines: string[] = ['', c('1', state.title)];
  for (const resolver of state.resolvers) {
    const mark = resolver.state === 'ready' ? c('32', '●') : resolver.state === 'stale' ? c('33', '●') : c('31', '●');
    const age = resolver.ageMs === undefined ? '' : `, ${(resolver.ageMs / 1000).toFixed(1)} s since the last word of the API server`;
    lines.push(`${mark} ${c('1', resolver.name)} ${resolver.url} ${resolver.state}${age}`);
    for (const app of resolver.apps) {
      const models = app.models
        .map((model) => `${model.name}${c('2', '@')}${model.version}${model.state === 'current' ? '' : c('33', ` (${model.state})`)}`)
        .join('  ');
      lines.push(`    ${c('36', `${app.namespace}/${app.name}`)} ${app.version}: ${models || '(no models)'}`);
    }
    if (resolver.apps.length === 0) lines.push(c('2', '    (no apps)'));
  }
  if (state.lastChange)
    lines.push(`last change: ${state.lastChange.what}, ${state.lastChange.ms.toFixed(1)} ms from apply to served by every resolver`);
  if (state.tryIt.length > 0) lines.push('', 'try:', ...state.tryIt.map((line) => `  ${line}`));
  lines.push('', c('2', 'Ctrl-C ends everything'));
  return lines;
}

/**
 * Lines that scroll, above a panel that is redrawn in place. Without a terminal the panel is printed only when it has changed and
 * somebody asked for it (`print`), so that a log stays readable.
 */
export class Panel {
  readonly #out: Output;
  #drawn = 0;
  #last = '';
  #state: PanelState | undefined;

  constructor(out: Output) {
    this.#out = out;
  }

  log(line: string): void {
    if (!this.#out.isTTY) return this.#out.write(`${line}\n`);
    this.#clear();
    this.#out.write(`${line}\n`);
    this.#draw();
  }

  update(state: PanelState): void {
    this.#state = state;
    if (!this.#out.isTTY) return;
    const text = panelLines(state, true).join('\n');
    if (text === this.#last && this.#drawn > 0) return;
    this.#clear();
    this.#draw();
  }

  /** Prints the panel once as plain lines, for output without a terminal. */
  print(): void {
    if (this.#out.isTTY || !this.#state) return;
    this.#out.write(`${panelLines(this.#state, false).join('\n')}\n`);
  }

  /** Takes the panel away, so that what follows stands on clean lines. */
  close(): void {
    this.#clear();
    this.#state = undefined;
  }

  #clear(): void {
    if (this.#drawn > 0) this.#out.write(`${ESC}${this.#drawn}A\r${ESC}J`);
    this.#drawn = 0;
  }

  #draw(): void {
    if (!this.#state) return;
    const lines = panelLines(this.#state, true);
    this.#last = lines.join('\n');
    // One write for the whole panel: two would be seen as a flicker.
    this.#out.write(lines.map((line) => `${fit(line, this.#out.columns)}\n`).join(''));
    this.#drawn = lines.length;
  }
}
