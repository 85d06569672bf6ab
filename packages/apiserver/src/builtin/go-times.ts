import { badRequest } from '../status/status-error.ts';
import type { KubeObject } from '../served-resource.ts';
import { at } from './builtin-resource.ts';

const FRACTION = '.000000';

/** One step of a Go time layout: its text in the layout, and what it reads; the rest is what could not be read. */
interface Step {
  readonly layout: string;
  readonly reads: RegExp;
}

const literal = (text: string): Step => ({ layout: text, reads: new RegExp(`^[${text}]`, 'u') });
const date: readonly Step[] = [
  { layout: '2006', reads: /^\d{4}/u },
  literal('-'),
  { layout: '01', reads: /^\d{2}/u },
  literal('-'),
  { layout: '02', reads: /^\d{2}/u },
  literal('T'),
  { layout: '15', reads: /^\d{2}/u },
  literal(':'),
  { layout: '04', reads: /^\d{2}/u },
  literal(':'),
];
const zone: Step = { layout: 'Z07:00', reads: /^(?:Z|[+-]\d{2}:\d{2})/u };
/** metav1.Time: RFC 3339; a fraction is read and dropped. */
const seconds: readonly Step[] = [...date, { layout: '05', reads: /^\d{2}(?:\.\d+)?/u }, zone];
/** metav1.MicroTime: exactly six digits of a fraction. */
const micros: readonly Step[] = [...date, { layout: '05', reads: /^\d{2}/u }, { layout: FRACTION, reads: /^\.\d{6}/u }, zone];

/** What Go's time.Parse says of a text; undefined if it is a time. */
function timeProblem(text: string, steps: readonly Step[]): string | undefined {
  const layout = steps.map((step) => step.layout).join('');
  const shown = JSON.stringify(text);
  const range = rangeProblem(text);
  let rest = text;
  for (const step of steps) {
    const match = step.reads.exec(rest);
    if (match === null)
      return `parsing time ${shown} as ${JSON.stringify(layout)}: cannot parse ${JSON.stringify(rest)} as ${JSON.stringify(step.layout)}`;
    rest = rest.slice(match[0].length);
  }
  if (rest !== '') return `parsing time ${shown}: extra text: ${JSON.stringify(rest)}`;
  return range === undefined ? undefined : `parsing time ${shown}: ${range} out of range`;
}

/** The first part of a time that no clock or calendar has. */
function rangeProblem(text: string): string | undefined {
  const parts = /^(\d{4})-(\d{2})-(\d{2})T(\d{2}):(\d{2}):(\d{2})/u.exec(text)?.slice(1).map(Number);
  if (parts === undefined) return undefined;
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = parts;
  if (month < 1 || month > 12) return 'month';
  if (hour > 23) return 'hour';
  if (minute > 59) return 'minute';
  if (second > 59) return 'second';
  const last = new Date(Date.UTC(2000 + (year % 400), month, 0)).getUTCDate();
  return day < 1 || day > last ? 'day' : undefined;
}

/**
 * Reads the time at a place of an object, and puts it into UTC, as it is stored: whole seconds, or microseconds.
 * @throws StatusError 400 in the words of Go's decoder
 */
function readTime(object: KubeObject, place: readonly string[], what: string, steps: readonly Step[]): void {
  const name = place.at(-1) as string;
  const parent = at(object, ...place.slice(0, -1)) as KubeObject | undefined;
  const value = parent === undefined || parent === null ? undefined : at(parent, name);
  if (parent === undefined || value === undefined || value === null) return;
  if (typeof value !== 'string') throw badRequest(`${what}: json: cannot unmarshal ${typeof value} into Go value of type string`);
  const problem = timeProblem(value, steps);
  if (problem !== undefined) throw badRequest(`${what}: ${problem}`);
  const fraction = steps === micros ? `${/\.\d{6}/u.exec(value)?.[0] ?? FRACTION}` : '';
  const whole = new Date(value.replace(/\.\d+/u, '')).toISOString().slice(0, 19);
  parent[name] = `${whole}${fraction}Z`;
}

const cannot = (version: string, kind: string): string => `${kind} in version "${version}" cannot be handled as a ${kind}`;

/** metav1.Time at the places of an object. */
export function readTimes(object: KubeObject, kind: string, ...places: readonly (readonly string[])[]): void {
  for (const place of places) readTime(object, place, cannot('v1', kind), seconds);
}

/** metav1.MicroTime at the places of an object. */
export function readMicroTimes(object: KubeObject, kind: string, ...places: readonly (readonly string[])[]): void {
  for (const place of places) readTime(object, place, cannot('v1', kind), micros);
}
