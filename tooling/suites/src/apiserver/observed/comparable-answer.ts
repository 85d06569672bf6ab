import type { Answer } from '../target.ts';

/** An answer as it is recorded: status, media type, warnings, the headers that were asked for, and the body without what differs from run to run. */
export interface RecordedAnswer {
  readonly code: number;
  readonly type: string;
  readonly warnings?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body: unknown;
}

const varying = new Set(['serverAddress', 'uid', 'resourceVersion', 'creationTimestamp', 'deletionTimestamp', 'time', 'selfLink']);

export function comparableAnswer(answer: Answer, namespace: string, shows: readonly string[]): RecordedAnswer {
  const same = (text: string): string =>
    text
      .replaceAll(namespace, 'NS')
      .replace(/[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, 'UUID')
      .replace(/\\"resourceVersion\\":\\"\d+\\"/g, '\\"resourceVersion\\":\\"N\\"')
      .replace(/"resourceVersion":"\d+"/g, '"resourceVersion":"N"')
      .replace(/resourceVersion: "\d+"/g, 'resourceVersion: "N"')
      .replace(/202[6-9]-\d\d-\d\dT\d\d:\d\d:\d\dZ/g, 'TIME')
      .replace(/current: \d+/g, 'current: N')
      .replace(/in record \(\d+\)/g, 'in record (N)')
      .replace(/too old resource version: \d+ \(\d+\)/g, 'too old resource version: N (N)')
      .replace(/(\bgen-|\bGen-)[b-z0-9]{5}\b/g, '$1XXXXX')
      .replace(/10\.(?:0|96)\.\d+\.\d+/g, 'ADDRESS');
  const plain = (value: unknown, name: string): unknown => {
    if (typeof value === 'string') {
      if (name === 'description') return '';
      if ((name === 'continue' || name === 'token') && value !== '') return 'TOKEN';
      return varying.has(name) && value !== '' ? `<${name}>` : same(value);
    }
    // The real server keeps bindings in no order.
    if (Array.isArray(value) && (name === 'resourceRules' || name === 'nonResourceRules'))
      return value.map((one) => JSON.stringify(one)).sort();
    if (Array.isArray(value)) return value.map((one) => (name === 'cells' && isAge(one) ? 'AGE' : plain(one, '')));
    if (typeof value !== 'object' || value === null) return value;
    // Who owns what has tests of its own.
    return Object.fromEntries(
      Object.entries(value)
        .filter(([key]) => key !== 'managedFields')
        .map(([key, inner]) => [same(key), key === 'nodePort' ? 'PORT' : plain(inner, key)]),
    );
  };
  const warnings = same(answer.warnings);
  return {
    code: answer.code,
    type: answer.type,
    ...(warnings === '' ? {} : { warnings }),
    ...(shows.length === 0 ? {} : { headers: Object.fromEntries(shows.map((name) => [name, same(String(answer.headers[name] ?? ''))])) }),
    body: typeof answer.body === 'string' ? same(answer.body) : plain(answer.body, ''),
  };
}

function isAge(cell: unknown): boolean {
  return typeof cell === 'string' && /^\d+(?:ms|s|m)$/.test(cell);
}
