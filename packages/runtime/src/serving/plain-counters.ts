import { RuntimeOptionsError } from '../errors.ts';
import type { Labels, MetricFamily } from './metric-family.ts';

export interface CountersOptions {
  readonly labels?: Labels;
  /** Names, of nested ones with a dot (`budget.waiting`), whose values may fall: gauges. */
  readonly gauges?: readonly string[];
  /** Names whose values are no numbers, and are left out. */
  readonly leaveOut?: readonly string[];
  readonly help?: Readonly<Record<string, string>>;
}

const DEEPEST = 4;
const MOST = 1_000;

/**
 * The numbers of a plain object as families; those of objects in it too, named by the way to them.
 *
 * @throws RuntimeOptionsError that names what is neither a number nor a plain object of numbers, and names that become one
 */
export function countersOf(prefix: string, values: unknown, options: CountersOptions): readonly MetricFamily[] {
  const { labels = {}, gauges = [], leaveOut = [], help = {} } = options;
  const families = new Map<string, MetricFamily>();
  const from = new Map<string, string>();
  const refuse = (way: string, what: string): never => {
    throw new RuntimeOptionsError(`addCounters of ${prefix}: ${way === '' ? 'what was read' : way} ${what}`);
  };
  const add = (way: string, value: number): void => {
    const gauge = gauges.includes(way);
    const name = metricName(`${prefix}_${way}${gauge ? '' : '_total'}`);
    const other = from.get(name);
    if (other !== undefined) refuse(way, `becomes the metric ${name}, as ${other} does`);
    if (families.size >= MOST) refuse(way, `is one of more than ${MOST} counters`);
    from.set(name, way);
    families.set(name, {
      name,
      help: Object.hasOwn(help, way) ? (help[way] ?? '') : `${way} of ${prefix}.`,
      type: gauge ? 'gauge' : 'counter',
      samples: [{ labels, value }],
    });
  };
  const walk = (way: string, object: object, depth: number): void => {
    for (const [name, value] of Object.entries(object) as [string, unknown][]) {
      const at = way === '' ? name : `${way}.${name}`;
      if (value === undefined || leaveOut.includes(at)) continue;
      if (typeof value === 'number') add(at, value);
      else if (typeof value === 'boolean' || typeof value === 'bigint') add(at, Number(value));
      else if (!isPlain(value)) refuse(at, `is ${kindOf(value)}, and no number; leave it out by leaveOut`);
      else if (depth >= DEEPEST) refuse(at, `lies deeper than ${DEEPEST} objects`);
      else walk(at, value as object, depth + 1);
    }
  };
  if (!isPlain(values)) refuse('', `is ${kindOf(values)}; it must be an object of numbers`);
  walk('', values as object, 1);
  return [...families.values()];
}

/** An object literal, one without a prototype, or one with getters of a class: not a list, Map, Set or Date. */
function isPlain(value: unknown): boolean {
  return typeof value === 'object' && value !== null && Object.prototype.toString.call(value) === '[object Object]';
}

const kindOf = (value: unknown): string =>
  value === null
    ? 'null'
    : Array.isArray(value)
      ? 'a list'
      : typeof value === 'object'
        ? Object.prototype.toString.call(value)
        : `a ${typeof value}`;

/** In snake_case, of the characters that Prometheus takes, at most 200 of them. */
export function metricName(text: string): string {
  const name = text
    .replaceAll(/([a-z0-9])([A-Z])/g, '$1_$2')
    .toLowerCase()
    .replaceAll(/[^a-z0-9_]/g, '_');
  const begun = /^[a-z]/.test(name) ? name : `m_${name}`;
  return begun.length <= 200 ? begun : `${begun.slice(0, 100)}${begun.slice(-100)}`;
}
