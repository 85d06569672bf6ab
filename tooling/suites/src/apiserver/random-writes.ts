import { apply, json, merge, type Api, type Answer } from './target.ts';
import { widget, widgets } from './widget.ts';

/** A sequence of choices that is the same for the same seed. */
export class Choices {
  #state: number;

  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  /** In [0, 1). */
  next(): number {
    // Mulberry32: small, and good enough to choose by.
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let t = this.#state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  }

  of<T>(...all: readonly T[]): T {
    return all[Math.floor(this.next() * all.length)] as T;
  }

  chance(part: number): boolean {
    return this.next() < part;
  }
}

export interface Write {
  readonly method: 'POST' | 'PUT' | 'PATCH';
  readonly path: string;
  readonly type: string;
  readonly body: Record<string, unknown>;
}

function some(choices: Choices, fields: Readonly<Record<string, () => unknown>>, part = 0.35): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(fields)
      .filter(() => choices.chance(part))
      .map(([name, make]) => [name, choices.chance(0.06) ? null : make()]),
  );
}

function spec(choices: Choices): Record<string, unknown> {
  const items = (): unknown[] =>
    ['i', 'j', 'k']
      .filter(() => choices.chance(0.5))
      .map((name) => ({ name, ...some(choices, { proto: () => choices.of('TCP', 'UDP'), value: () => choices.of(1, 2) }) }));
  return some(choices, {
    color: () => choices.of('red', 'blue'),
    n: () => choices.of(1, 2),
    plain: () => choices.of([], ['x'], ['x', 'y']),
    tags: () => choices.of([], ['x'], ['y', 'x'], ['z']),
    map: () => some(choices, { p: () => choices.of('1', '2'), q: () => choices.of('1', '2') }, 0.5),
    whole: () => some(choices, { x: () => choices.of(1, 2), y: () => choices.of(1, 2) }, 0.5),
    items: () => (choices.chance(0.3) ? items().reverse() : items()),
    free: () => choices.of({}, { a: 1 }, { a: { b: 1 } }, { l: [1] }, { l: [1, 2], a: { b: 2, c: {} } }),
    port: () => choices.of<unknown>(80, 'http'),
    inner: () => some(choices, { a: () => choices.of('1', '2'), d: () => 'z' }),
    opt: () => choices.of<unknown>('o', 5),
  });
}

function object(choices: Choices, name: string): Record<string, unknown> {
  return widget(
    name,
    spec(choices),
    some(
      choices,
      {
        labels: () => some(choices, { l1: () => choices.of('a', 'b'), l2: () => choices.of('a', 'b') }, 0.5),
        annotations: () => ({ an: choices.of('1', '2') }),
        finalizers: () => choices.of(['a.b/c'], ['a.b/d'], ['a.b/c', 'a.b/d']),
      },
      0.2,
    ),
  );
}

/** One write to the widget of that name, of any kind. */
export function randomWrite(choices: Choices, name: string): Write {
  const manager = choices.of('m1', 'm2', 'm3');
  const one = `${widgets}/${name}`;
  switch (choices.of('apply', 'apply', 'apply', 'force', 'force', 'post', 'put', 'merge', 'status', 'statusApply')) {
    case 'post':
      return { method: 'POST', path: `${widgets}?fieldManager=${manager}`, type: json, body: object(choices, name) };
    case 'put':
      return { method: 'PUT', path: `${one}?fieldManager=${manager}`, type: json, body: object(choices, name) };
    case 'merge': {
      const changes = Object.entries(spec(choices)).map(([field, value]) => [field, choices.chance(0.3) ? null : value]);
      return {
        method: 'PATCH',
        path: `${one}?fieldManager=${manager}`,
        type: merge,
        body: {
          ...(choices.chance(0.3) ? { metadata: { labels: { l1: choices.of('a', null) } } } : {}),
          spec: Object.fromEntries(changes),
        },
      };
    }
    case 'status':
      return {
        method: 'PATCH',
        path: `${one}/status?fieldManager=${manager}`,
        type: merge,
        body: { status: { phase: choices.of('A', 'B'), n: choices.of(1, null) } },
      };
    case 'statusApply':
      return {
        method: 'PATCH',
        path: `${one}/status?fieldManager=${manager}&force=${choices.chance(0.5)}`,
        type: apply,
        body: { ...widget(name, undefined), status: { phase: choices.of('A', 'B') } },
      };
    case 'force':
      return { method: 'PATCH', path: `${one}?fieldManager=${manager}&force=true`, type: apply, body: object(choices, name) };
    case 'apply':
    default:
      return { method: 'PATCH', path: `${one}?fieldManager=${manager}`, type: apply, body: object(choices, name) };
  }
}

/** Sends it; a PUT gets the version that stands there, which differs from server to server. */
export async function send(api: Api, write: Write, name: string): Promise<Answer> {
  let { body } = write;
  if (write.method === 'PUT') {
    const live = await api.get(`${widgets}/${name}`);
    body = { ...body, metadata: { ...(body['metadata'] as object), resourceVersion: live.body['metadata']?.['resourceVersion'] ?? '1' } };
  }
  return api.send(write.method, write.path, { type: write.type, body });
}

const varying = new Set(['uid', 'resourceVersion', 'creationTimestamp']);

/** What two servers must agree on: all but identities, versions and the clock; whether an entry has a time counts. */
export function comparable(answer: Answer): unknown {
  const strip = (value: unknown, inMetadata: boolean): unknown => {
    if (Array.isArray(value)) return value.map((item) => strip(item, false));
    if (typeof value !== 'object' || value === null) return value;
    const entries = Object.entries(value as Record<string, unknown>).filter(([name]) => !inMetadata || !varying.has(name));
    return Object.fromEntries(
      entries.map(([name, inner]) => [
        name,
        name === 'time'
          ? 'set'
          : name === 'managedFields'
            ? byManager(strip(inner, false) as Record<string, unknown>[])
            : strip(inner, name === 'metadata'),
      ]),
    );
  };
  const body = strip(answer.body, false) as Record<string, unknown>;
  const details = body['details'] as { causes?: unknown[] } | undefined;
  // Causes of conflicts with several managers come in no order, and so do the names of one object in a refusal by the schema.
  if (details?.causes !== undefined) details.causes.sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));
  if (typeof body['message'] === 'string' && answer.code === 422)
    body['message'] = body['message'].replace(/\[.*\]$/s, (list) =>
      list
        .slice(1, -1)
        .split(/, (?=spec\.)/)
        .sort()
        .join(', '),
    );
  return { code: answer.code, warnings: answer.warnings, body };
}

/** Entries of one second come in an order that depends on when it began. */
function byManager(list: readonly Record<string, unknown>[]): unknown[] {
  const key = (one: Record<string, unknown>): string => JSON.stringify([one['operation'], one['manager'], one['subresource']]);
  return [...list].sort((a, b) => (key(a) < key(b) ? -1 : 1));
}
