import type * as Yaml from 'yaml';
import type { Document, Node, Pair, ParsedNode, Scalar } from 'yaml';

/** Why a text is no YAML. Holds no word of the text, which may be a secret. */
export class YamlError extends Error {}

/**
 * The value of a YAML text as Kubernetes' Go code reads it (sigs.k8s.io/yaml over go-yaml v2): the first document alone; the words of YAML 1.1 (`yes`,
 * `off`, `0755`) are booleans and numbers; the last of two equal keys wins; keys become texts; merge keys and aliases are resolved. Objects have no
 * prototype. UTF-8, or UTF-16 with a byte order mark. Throws YamlError.
 */
export async function readGoYaml(bytes: Uint8Array): Promise<unknown> {
  const yaml = await import('yaml');
  const text = decoded(bytes);
  if (isTooDeep(text)) throw new YamlError('it is nested too deep');
  let document: Document.Parsed<ParsedNode> | undefined;
  const composer = new yaml.Composer({ schema: 'failsafe', resolveKnownTags: false, uniqueKeys: false, logLevel: 'silent' });
  // The others are not looked at, not even for errors.
  for (const first of composer.compose(new yaml.Parser().parse(text), true, text.length)) {
    document = first as Document.Parsed<ParsedNode>;
    break;
  }
  const [error] = document?.errors ?? [];
  if (error !== undefined) {
    const before = text.slice(0, error.pos[0]).split('\n');
    throw new YamlError(`line ${before.length}, column ${(before.at(-1)?.length ?? 0) + 1}`);
  }
  if (document === undefined || document.contents === null) return null;
  return new Reader(yaml, document).value(document.contents);
}

function decoded(bytes: Uint8Array): string {
  const [first = 0, second = 0] = bytes;
  let text: string;
  try {
    if (first === 0xfe && second === 0xff) text = new TextDecoder('utf-16le', { fatal: true }).decode(swapped(bytes));
    else if (first === 0xff && second === 0xfe) text = new TextDecoder('utf-16le', { fatal: true }).decode(bytes);
    else text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw new YamlError('its bytes are neither UTF-8 nor UTF-16 with a byte order mark');
  }
  for (let at = 0; at < text.length; at++)
    if (isControl(text.charCodeAt(at))) throw new YamlError(`line ${text.slice(0, at).split('\n').length} holds a control character`);
  // YAML 1.1 has more line ends than 1.2.
  return text.replace(/\r(?!\n)|[\u0085\u2028\u2029]/g, '\n');
}

function isControl(code: number): boolean {
  if (code < 0x20) return code !== 0x09 && code !== 0x0a && code !== 0x0d;
  return (code >= 0x7f && code <= 0x9f && code !== 0x85) || code === 0xfffe || code === 0xffff;
}

/** The parser's time grows with the square of the depth. Brackets in quotes are counted too: no kubeconfig has hundreds of them open. */
function isTooDeep(text: string): boolean {
  let depth = 0;
  for (let at = 0; at < text.length; at++) {
    const char = text[at];
    if (char === '[' || char === '{') depth++;
    else if ((char === ']' || char === '}') && depth > 0) depth--;
    if (depth > 500) return true;
  }
  return /(?:[-?:][ \t]+){500}/.test(text);
}

function swapped(bytes: Uint8Array): Uint8Array {
  const copy = bytes.slice(0, bytes.length - (bytes.length % 2));
  for (let at = 0; at < copy.length; at += 2) [copy[at], copy[at + 1]] = [copy[at + 1] ?? 0, copy[at] ?? 0];
  return copy;
}

class Reader {
  readonly #yaml: typeof Yaml;
  readonly #document: Document.Parsed<ParsedNode>;
  readonly #open = new Set<Node>();
  #values = 0;
  #aliased = 0;
  #aliasDepth = 0;

  constructor(yaml: typeof Yaml, document: Document.Parsed<ParsedNode>) {
    this.#yaml = yaml;
    this.#document = document;
  }

  value(node: unknown): unknown {
    const { isAlias, isMap, isScalar, isSeq } = this.#yaml;
    this.#count();
    if (node === null || node === undefined) return null;
    if (isScalar(node)) return scalarValue(node);
    if (isAlias(node)) return this.#aliasOf(node, (target) => this.value(target));
    if (isSeq(node)) return node.items.map((item) => this.value(item));
    if (isMap(node)) {
      const into = Object.create(null) as Record<string, unknown>;
      this.#fill(node.items, into);
      return into;
    }
    throw new YamlError('it holds something that is neither a map, a list nor a scalar');
  }

  #fill(items: readonly Pair[], into: Record<string, unknown>): void {
    for (const { key, value } of items)
      if (this.#isMerge(key)) this.#merge(value, into);
      else into[keyText(this.value(key))] = this.value(value);
  }

  /** As go-yaml v2: in the order of the text, so that a merge after a key overrides it. Of several maps the first wins. */
  #merge(node: unknown, into: Record<string, unknown>): void {
    const { isAlias, isMap, isSeq } = this.#yaml;
    const maps = isSeq(node) ? [...node.items].reverse() : [node];
    for (const one of maps)
      if (isMap(one)) this.#fill(one.items, into);
      else if (isAlias(one))
        this.#aliasOf(one, (target) => {
          if (!isMap(target)) throw new YamlError('a merge key (<<) stands before what is no map');
          this.#fill(target.items, into);
        });
      else throw new YamlError('a merge key (<<) stands before what is no map');
  }

  #isMerge(key: unknown): boolean {
    const { isScalar } = this.#yaml;
    return isScalar(key) && key.value === '<<' && (key.type === 'PLAIN' || key.tag === 'tag:yaml.org,2002:merge');
  }

  #aliasOf<T>(alias: { resolve(document: Document): Node | undefined }, read: (target: Node) => T): T {
    const target = alias.resolve(this.#document);
    if (target === undefined) throw new YamlError('an alias (*) names an anchor that is not there');
    if (this.#open.has(target)) throw new YamlError('an anchor (&) contains itself');
    this.#open.add(target);
    this.#aliasDepth++;
    try {
      return read(target);
    } finally {
      this.#aliasDepth--;
      this.#open.delete(target);
    }
  }

  /** The limit of go-yaml: a small text must not become a huge value by aliases of aliases. */
  #count(): void {
    this.#values++;
    if (this.#aliasDepth > 0) this.#aliased++;
    const allowed = this.#values <= 400_000 ? 0.99 : 0.1;
    if (this.#aliased > 100 && this.#values > 1000 && this.#aliased / this.#values > allowed)
      throw new YamlError('it repeats too much by aliases');
  }
}

function keyText(key: unknown): string {
  if (typeof key === 'string') return key;
  if (typeof key === 'number' || typeof key === 'boolean' || typeof key === 'bigint') return String(key);
  throw new YamlError('a key is null, a list or a map');
}

const longTag = 'tag:yaml.org,2002:';

function scalarValue(scalar: Scalar): unknown {
  // The failsafe schema knows texts alone; a scalar that is not there is an empty one.
  const text = typeof scalar.value === 'string' ? scalar.value : '';
  const tag = scalar.tag?.startsWith(longTag) === true ? scalar.tag.slice(longTag.length) : (scalar.tag ?? '');
  if (tag === '') return scalar.type === 'PLAIN' ? plainValue(text) : text;
  if (tag === 'binary') {
    if (!isBase64(text)) throw new YamlError('a value tagged !!binary is no base64');
    return Buffer.from(text, 'base64').toString('utf8');
  }
  if (tag !== 'int' && tag !== 'float' && tag !== 'bool' && tag !== 'null') return text;
  const value = plainValue(text);
  const is = value === null ? 'null' : typeof value === 'boolean' ? 'bool' : typeof value === 'string' ? 'str' : 'number';
  if (is !== (tag === 'int' || tag === 'float' ? 'number' : tag)) throw new YamlError(`a value tagged !!${tag} is none`);
  return value;
}

const words: ReadonlyMap<string, boolean | null> = new Map<string, boolean | null>([
  ...['y', 'Y', 'yes', 'Yes', 'YES', 'true', 'True', 'TRUE', 'on', 'On', 'ON'].map((word) => [word, true] as const),
  ...['n', 'N', 'no', 'No', 'NO', 'false', 'False', 'FALSE', 'off', 'Off', 'OFF'].map((word) => [word, false] as const),
  ...['', '~', 'null', 'Null', 'NULL'].map((word) => [word, null] as const),
]);

const largest = 2n ** 64n - 1n;

/** What a plain scalar means to go-yaml v2. Integers beyond 2^53 are a bigint; dates are texts. */
function plainValue(text: string): unknown {
  const word = words.get(text);
  if (word !== undefined) return word;
  if (!/^[-+.\d]/.test(text)) return text;
  if (/^[-+]?\.(?:inf|Inf|INF)$|^\.(?:nan|NaN|NAN)$/.test(text))
    throw new YamlError('a value is infinite or no number, which JSON has not');
  if (text.startsWith('.')) return /^\.\d+(?:[eE][-+]?\d+)?$/.test(text) && Number.isFinite(Number(text)) ? Number(text) : text;
  const plain = text.replaceAll('_', '');
  const [, sign = '', digits = ''] = /^([-+]?)(0[xX][\da-fA-F]+|0[bB][01]+|0[oO]?[0-7]+|0|[1-9]\d*)$/.exec(plain) ?? [];
  if (digits !== '') {
    const octal = /^0[0-7]+$/.test(digits) ? `0o${digits.slice(1)}` : digits;
    const size = BigInt(octal);
    if (size <= (sign === '' ? largest : 2n ** 63n)) {
      const value = sign === '-' ? -size : size;
      return value >= Number.MIN_SAFE_INTEGER && value <= Number.MAX_SAFE_INTEGER ? Number(value) : value;
    }
  }
  if (/^[-+]?(?:\.\d+|\d+(?:\.\d*)?)(?:[eE][-+]?\d+)?$/.test(plain) && Number.isFinite(Number(plain))) return Number(plain);
  return text;
}

/** Base64 with its padding, as Go's standard encoding takes it; line ends are passed over. */
export function isBase64(text: string): boolean {
  const digits = text.replace(/[\r\n]/g, '');
  return digits.length % 4 === 0 && /^[A-Za-z0-9+/]*={0,2}$/.test(digits);
}
