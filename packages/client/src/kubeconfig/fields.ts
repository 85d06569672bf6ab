import { ConfigError } from '../errors.ts';
import { isBase64 } from './go-yaml.ts';

/** The fields of one object of a kubeconfig, each read as the type that it must have. A null counts as absent, as it does for kubectl. */
export class Fields {
  readonly #value: Readonly<Record<string, unknown>>;
  /** Names the file and the entry in errors: `the kubeconfig /home/ann/.kube/config: user "ann"`. */
  readonly place: string;
  readonly #path: string;

  constructor(value: unknown, place: string, path = '') {
    this.place = place;
    this.#path = path;
    if (value === null || value === undefined) this.#value = {};
    else if (isRecord(value)) this.#value = value;
    else throw wrong(place, path, value, 'a map');
  }

  raw(name: string): unknown {
    return Object.hasOwn(this.#value, name) ? (this.#value[name] ?? null) : null;
  }

  has(name: string): boolean {
    return this.raw(name) !== null;
  }

  text(name: string): string {
    return textAt(this.raw(name), this.place, this.#at(name));
  }

  flag(name: string): boolean {
    const value = this.raw(name);
    if (value === null) return false;
    if (typeof value !== 'boolean') throw wrong(this.place, this.#at(name), value, 'true or false');
    return value;
  }

  /** Base64, as text. */
  data(name: string): string {
    const value = this.raw(name);
    if (value === null) return '';
    if (isBytes(value)) return Buffer.from(value.map((byte) => byte ?? 0)).toString('utf8');
    if (typeof value !== 'string') throw wrong(this.place, this.#at(name), value, 'base64');
    if (!isBase64(value)) throw new ConfigError(`${this.place}: ${this.#at(name)} is not base64 with its padding`);
    return Buffer.from(value, 'base64').toString('utf8');
  }

  texts(name: string): readonly string[] {
    return this.list(name, (value, path) => textAt(value, this.place, path));
  }

  list<T>(name: string, read: (value: unknown, path: string) => T): readonly T[] {
    const path = this.#at(name);
    return listAt(this.raw(name), this.place, path).map((value, index) => read(value, `${path}[${index}]`));
  }

  textMap(name: string): ReadonlyMap<string, string> {
    return this.#map(name, (value, path) => textAt(value, this.place, path));
  }

  textsMap(name: string): ReadonlyMap<string, readonly string[]> {
    return this.#map(name, (value, path) =>
      listAt(value, this.place, path).map((text, index) => textAt(text, this.place, `${path}[${index}]`)),
    );
  }

  extensions(name = 'extensions'): ReadonlyMap<string, unknown> {
    return new Map(
      this.list(name, (value, path) => {
        const entry = new Fields(value, this.place, path);
        return [entry.text('name'), entry.raw('extension')] as const;
      }),
    );
  }

  /** An object in a field; undefined where there is none. */
  object(name: string): Fields | undefined {
    return this.has(name) ? new Fields(this.raw(name), this.place, this.#at(name)) : undefined;
  }

  #map<T>(name: string, read: (value: unknown, path: string) => T): ReadonlyMap<string, T> {
    const path = this.#at(name);
    const value = this.raw(name) ?? {};
    if (!isRecord(value)) throw wrong(this.place, path, value, 'a map');
    return new Map(Object.entries(value).map(([key, one]) => [key, read(one, `${path}[${JSON.stringify(key)}]`)]));
  }

  #at(name: string): string {
    return this.#path === '' ? name : `${this.#path}.${name}`;
  }
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A text, or `''` for anything else: for answers of others, where what is wrong counts as absent. */
export function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

function textAt(value: unknown, place: string, path: string): string {
  if (value === null || value === undefined) return '';
  if (typeof value !== 'string') throw wrong(place, path, value, 'a text');
  return value;
}

function listAt(value: unknown, place: string, path: string): readonly unknown[] {
  if (value === null || value === undefined) return [];
  if (!Array.isArray(value)) throw wrong(place, path, value, 'a list');
  return value as unknown[];
}

/** What Go's JSON takes for bytes besides base64. */
function isBytes(value: unknown): value is (number | null)[] {
  const isByte = (byte: unknown): boolean => byte === null || (Number.isInteger(byte) && (byte as number) >= 0 && (byte as number) < 256);
  return Array.isArray(value) && value.every(isByte);
}

/** Names the type of what is there, never the value: it may be a secret. */
function wrong(place: string, path: string, value: unknown, expected: string): ConfigError {
  const hint = expected === 'a text' && ['number', 'bigint', 'boolean'].includes(typeof value) ? '; write it in quotes' : '';
  return new ConfigError(`${place}: ${path === '' ? 'it' : path} is ${typeName(value)}; expected ${expected}${hint}`);
}

function typeName(value: unknown): string {
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'string') return 'a text';
  if (typeof value === 'boolean') return 'true or false (unquoted yes, no, on, off, y and n are that too)';
  return typeof value === 'object' ? 'a map' : 'a number';
}
