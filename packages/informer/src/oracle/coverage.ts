import { SHORT } from './world/shared-store.ts';
import { FILES, MEETS, REACHABLE, SERVER_EVENTS } from './schedule.ts';

const STATES = ['Streaming', 'Listing', 'Watching', 'BackingOff', 'Stale', 'Forbidden', 'Gone', 'Regressed', 'Failed'];

/** Each server at its URL, and moved to another. */
const MET = MEETS.flatMap((meets) => [meets, `${meets} moved`]);
/** What became of a file. */
export const FATES = ['shown', 'foreign', 'unused'] as const;

/** How often each fault met each request, and each event of the server each state of a reflector. */
export class Coverage {
  readonly #cells = new Map<string, number>();

  hit(row: string, column: string): void {
    const cell = `${row}|${column}`;
    this.#cells.set(cell, (this.#cells.get(cell) ?? 0) + 1);
  }

  count(row: string, column: string): number {
    return this.#cells.get(`${row}|${column}`) ?? 0;
  }

  /** Reachable cells that nothing hit. */
  missing(): string[] {
    const wanted = [
      ...Object.entries(REACHABLE).flatMap(([request, faults]) => faults.map((fault) => [fault, request] as const)),
      ...SERVER_EVENTS.flatMap((event) => STATES.map((state) => [event, state] as const)),
      ...FILES.flatMap((file) => MET.map((met) => [file, met] as const)),
      ...FATES.map((fate) => [fate, 'file'] as const),
      ...SHORT.map((short) => ['refused', short] as const),
    ];
    return wanted.filter(([row, column]) => this.count(row, column) === 0).map(([row, column]) => `${row} in ${column}`);
  }

  table(): string {
    const requests = Object.keys(REACHABLE);
    const faults = [...new Set(Object.values(REACHABLE).flat())];
    const lines = [
      head('fault by request', requests),
      ...faults.map((fault) =>
        line(
          fault,
          requests.map((request) => this.count(fault, request)),
        ),
      ),
    ];
    lines.push(
      '',
      head('server by state', STATES),
      ...SERVER_EVENTS.map((event) =>
        line(
          event,
          STATES.map((state) => this.count(event, state)),
        ),
      ),
    );
    lines.push(
      '',
      head('file by server', MET),
      ...FILES.map((file) =>
        line(
          file,
          MET.map((met) => this.count(file, met)),
        ),
      ),
      '',
      head('', FATES),
      line(
        'file',
        FATES.map((fate) => this.count(fate, 'file')),
      ),
      '',
      head('store that is short of', SHORT),
      line(
        'refused',
        SHORT.map((short) => this.count('refused', short)),
      ),
    );
    return lines.join('\n');
  }
}

function head(name: string, columns: readonly string[]): string {
  return name.padEnd(20) + columns.map((column) => column.padStart(11)).join('');
}

function line(name: string, counts: readonly number[]): string {
  return name.padEnd(20) + counts.map((count) => String(count).padStart(11)).join('');
}
