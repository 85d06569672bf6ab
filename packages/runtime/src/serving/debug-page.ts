import type { Informer } from '@kubecast/informer';
import type { Controller } from '../controller/contract.ts';
import { redact } from '../logging/logger.ts';

export interface DebugInformer {
  readonly resource: string;
  readonly informer: Pick<Informer<unknown>, 'scopes' | 'view' | 'handlers'>;
  /** What happened last, the newest at the end. */
  readonly events: readonly string[];
}

/** What the page is made of, read when it is asked for. */
export interface DebugState {
  readonly informers: readonly DebugInformer[];
  readonly controllers: readonly (Pick<Controller<never>, 'name' | 'waitingFor' | 'counters' | 'overdue'> & {
    readonly queue: Pick<Controller<never>['queue'], 'depth' | 'delayed' | 'running' | 'longestRunMs' | 'longestWaiting'>;
  })[];
  /** Who leads, in words; absent without an election. */
  readonly election?: string;
}

const MOST_SCOPES = 500;
const MOST_KEYS = 20;

/** Names, reasons and messages are of strangers: escaped, cut, and without what looks like a secret. */
function escape(value: string | number): string {
  const text = typeof value === 'number' ? String(value) : redact(value.slice(0, 2_000)).toWellFormed();
  return text.replaceAll(/[&<>"'`]/g, (sign) => `&#${sign.charCodeAt(0)};`);
}

const seconds = (ms: number): string => (Number.isFinite(ms) ? `${(ms / 1000).toFixed(1)} s` : 'never');

function table(head: readonly string[], rows: readonly (readonly (string | number)[])[]): string {
  if (rows.length === 0) return '<p>none</p>';
  const row = (cells: readonly (string | number)[], tag: string): string =>
    `<tr>${cells.map((cell) => `<${tag}>${escape(cell)}</${tag}>`).join('')}</tr>`;
  return `<table>${row(head, 'th')}${rows.map((cells) => row(cells, 'td')).join('')}</table>`;
}

/** The page: plain HTML without scripts. `now` is the monotonic time that scopes tell their changes in. */
export function renderDebugPage(state: DebugState, now: number): string {
  const parts: string[] = [];
  if (state.election !== undefined) parts.push(`<h2>Election</h2><p>${escape(state.election)}</p>`);
  for (const controller of state.controllers) {
    const { queue, counters } = controller;
    parts.push(
      `<h2>Controller ${escape(controller.name)}</h2><p>${escape(controller.waitingFor === '' ? 'works' : controller.waitingFor)}</p>`,
      table(
        ['ready', 'delayed', 'running', 'longest run', 'runs', 'failed', 'terminal', 'overdue'],
        [
          [
            queue.depth,
            queue.delayed,
            queue.running,
            seconds(queue.longestRunMs),
            counters.runs,
            counters.failed,
            counters.terminal,
            controller.overdue.length,
          ],
        ],
      ),
      '<h3>Keys that wait longest</h3>',
      table(
        ['key', 'priority', 'waits'],
        queue.longestWaiting(MOST_KEYS).map(({ id, priority, waitedMs }) => [id, priority, seconds(waitedMs)]),
      ),
    );
  }
  for (const { resource, informer, events } of state.informers) {
    const scopes = informer.scopes();
    parts.push(
      `<h2>Informer ${escape(resource)}</h2><p>${escape(informer.view.size)} objects, ${escape(scopes.length)} scopes</p>`,
      table(
        ['cluster', 'namespace', 'state', 'reason', 'since', 'synced', 'last event', 'resourceVersion'],
        scopes
          .slice(0, MOST_SCOPES)
          .map((scope) => [
            scope.cluster,
            scope.namespace === '' ? '(all)' : scope.namespace,
            scope.state,
            scope.reason,
            seconds(now - scope.since),
            scope.synced ? 'yes' : 'no',
            seconds(scope.ageMs),
            scope.resourceVersion,
          ]),
      ),
      ...(scopes.length > MOST_SCOPES ? [`<p>${escape(scopes.length - MOST_SCOPES)} more scopes are not shown</p>`] : []),
      '<h3>Last events</h3>',
      events.length === 0 ? '<p>none</p>' : `<ol>${events.map((event) => `<li>${escape(event)}</li>`).join('')}</ol>`,
    );
  }
  return `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>kubecast</title><style>body{font:14px sans-serif;margin:1em}table{border-collapse:collapse}td,th{border:1px solid #999;padding:2px 6px;text-align:left}</style></head><body><h1>kubecast</h1>${parts.join('\n')}</body></html>\n`;
}
