import { StoreError, RecordError } from './store-error.ts';

/** Where a part of the header stands: of a string without its quotes, of labels with their braces. `start` is -1 where the part is absent. */
export interface Span {
  start: number;
  end: number;
  /** The text has escapes, so its bytes are not its value. */
  escaped: boolean;
}

/** What a scan finds. The object is used again by the next scan: take what you need before. */
export interface Scan {
  readonly name: Span;
  readonly namespace: Span;
  readonly uid: Span;
  readonly version: Span;
  readonly labels: Span;
  readonly created: Span;
  readonly deleted: Span;
  /** Pairs of start and end that are not kept, ascending. */
  readonly cuts: number[];
  /** The length of what is kept. */
  kept: number;
}

type Field = 'name' | 'namespace' | 'uid' | 'version' | 'labels' | 'created' | 'deleted';

interface PathNode {
  readonly bytes: Uint8Array;
  readonly text: string;
  drop: boolean;
  metadata: boolean;
  field: Field | undefined;
  readonly children: PathNode[];
}

const FIELDS: Readonly<Record<string, Field>> = {
  name: 'name',
  namespace: 'namespace',
  uid: 'uid',
  resourceVersion: 'version',
  labels: 'labels',
  creationTimestamp: 'created',
  deletionTimestamp: 'deleted',
};
const IDENTITY = new Set(['name', 'namespace', 'uid', 'resourceVersion']);
/** Deeper objects are refused: the API server itself stops far earlier with what it stores. */
export const MAX_DEPTH = 500;
const encoder = new TextEncoder();
const decoder = new TextDecoder();

function child(parent: PathNode, text: string): PathNode {
  let found = parent.children.find((each) => each.text === text);
  if (!found) {
    found = { bytes: encoder.encode(text), text, drop: false, metadata: false, field: undefined, children: [] };
    parent.children.push(found);
  }
  return found;
}

/** The paths of interest as a tree. */
function pathTree(drop: readonly (readonly string[])[]): PathNode {
  const root: PathNode = { bytes: new Uint8Array(), text: '', drop: false, metadata: false, field: undefined, children: [] };
  const metadata = child(root, 'metadata');
  metadata.metadata = true;
  for (const [text, field] of Object.entries(FIELDS)) child(metadata, text).field = field;
  for (const path of [['apiVersion'], ['kind'], ...drop]) {
    if (path.length === 0 || (path[0] === 'metadata' && (path.length === 1 || IDENTITY.has(path[1] ?? '')))) {
      throw new StoreError('DROP_INVALID', `the path ${JSON.stringify(path)} may not be dropped: it holds the object's identity`);
    }
    let node = root;
    for (const part of path) node = child(node, part);
    node.drop = true;
  }
  return root;
}

const span = (): Span => ({ start: -1, end: -1, escaped: false });

/**
 * Reads JSON in UTF-8 byte by byte, once: checks it as strictly as JSON.parse does (and its UTF-8 as a fatal TextDecoder does), finds the
 * header's parts, and where the parts to drop begin and end. No object is made of the content.
 *
 * Keys that stand twice: the last one counts, as with JSON.parse. Keys with escapes are compared by what they mean.
 */
export class RecordScanner {
  readonly #tree: PathNode;
  readonly #scan: Scan = {
    name: span(),
    namespace: span(),
    uid: span(),
    version: span(),
    labels: span(),
    created: span(),
    deleted: span(),
    cuts: [],
    kept: 0,
  };
  #bytes: Uint8Array = new Uint8Array();
  #at = 0;
  #escaped = false;

  constructor(drop: readonly (readonly string[])[]) {
    this.#tree = pathTree(drop);
  }

  /**
   * @throws RecordError naming the place (in bytes), if it is not a JSON object in UTF-8, or nested too deep.
   */
  scan(bytes: Uint8Array): Scan {
    const scan = this.#scan;
    this.#bytes = bytes;
    this.#at = 0;
    scan.cuts.length = 0;
    this.#forget();
    this.#space();
    if (bytes[this.#at] !== 0x7b)
      this.#fail(this.#at < bytes.length ? 'the object is not a JSON object' : 'the object is not JSON: it is empty');
    this.#object(this.#tree, 1);
    this.#space();
    if (this.#at < bytes.length) this.#fail('the object is not JSON: there is more after its end');
    let kept = bytes.length;
    for (let i = 0; i < scan.cuts.length; i += 2) kept -= (scan.cuts[i + 1] ?? 0) - (scan.cuts[i] ?? 0);
    scan.kept = kept;
    this.#bytes = new Uint8Array();
    return scan;
  }

  /** metadata stands twice: the last one counts, whole. */
  #forget(): void {
    const scan = this.#scan;
    for (const each of [scan.name, scan.namespace, scan.uid, scan.version, scan.labels, scan.created, scan.deleted]) {
      each.start = -1;
      each.end = -1;
      each.escaped = false;
    }
  }

  #fail(what: string): never {
    const at = this.#at;
    this.#bytes = new Uint8Array();
    throw new RecordError(`${what} (byte ${at})`);
  }

  #bad(): never {
    return this.#fail(
      this.#at >= this.#bytes.length ? 'the object is not JSON: it ends in the middle' : 'the object is not JSON: unexpected byte',
    );
  }

  #space(): void {
    const bytes = this.#bytes;
    for (;;) {
      const byte = bytes[this.#at];
      if (byte !== 0x20 && byte !== 0x0a && byte !== 0x0d && byte !== 0x09) return;
      this.#at += 1;
    }
  }

  #value(node: PathNode | undefined, depth: number): void {
    const byte = this.#bytes[this.#at] ?? 0;
    switch (byte) {
      case 0x22:
        return this.#string();
      case 0x7b:
        return this.#object(node, depth + 1);
      case 0x5b:
        return this.#array(depth + 1);
      case 0x74:
        return this.#word(0x72, 0x75, 0x65);
      case 0x66:
        this.#at += 1;
        return this.#word(0x6c, 0x73, 0x65, 0x61);
      case 0x6e:
        return this.#word(0x75, 0x6c, 0x6c);
      default:
        return this.#number();
    }
  }

  /** The rest of true, false (whose `a` is checked before) or null. */
  #word(b: number, c: number, d: number, before?: number): void {
    const bytes = this.#bytes;
    if (before !== undefined && bytes[this.#at] !== before) this.#bad();
    if (bytes[this.#at + 1] !== b || bytes[this.#at + 2] !== c || bytes[this.#at + 3] !== d) this.#bad();
    this.#at += 4;
  }

  #digits(): void {
    const bytes = this.#bytes;
    const start = this.#at;
    for (;;) {
      const byte = bytes[this.#at] ?? 0;
      if (byte < 0x30 || byte > 0x39) break;
      this.#at += 1;
    }
    if (this.#at === start) this.#bad();
  }

  #number(): void {
    const bytes = this.#bytes;
    if (bytes[this.#at] === 0x2d) this.#at += 1;
    if (bytes[this.#at] === 0x30) this.#at += 1;
    else this.#digits();
    if (bytes[this.#at] === 0x2e) {
      this.#at += 1;
      this.#digits();
    }
    const exponent = bytes[this.#at];
    if (exponent === 0x65 || exponent === 0x45) {
      this.#at += 1;
      const sign = bytes[this.#at];
      if (sign === 0x2b || sign === 0x2d) this.#at += 1;
      this.#digits();
    }
  }

  /** Leaves #escaped telling whether the string had an escape. */
  #string(): void {
    const bytes = this.#bytes;
    const length = bytes.length;
    let at = this.#at + 1;
    this.#escaped = false;
    while (at < length) {
      const byte = bytes[at] as number;
      if (byte === 0x22) {
        this.#at = at + 1;
        return;
      }
      if (byte === 0x5c) {
        this.#escaped = true;
        at += 1;
        const next = bytes[at];
        if (next === 0x75) {
          for (let i = 1; i <= 4; i += 1) {
            const hex = (bytes[at + i] ?? 0) | 0x20;
            if (!((hex >= 0x61 && hex <= 0x66) || ((bytes[at + i] ?? 0) >= 0x30 && (bytes[at + i] ?? 0) <= 0x39))) {
              this.#at = at + i;
              this.#bad();
            }
          }
          at += 5;
        } else if (
          next === 0x22 ||
          next === 0x5c ||
          next === 0x2f ||
          next === 0x62 ||
          next === 0x66 ||
          next === 0x6e ||
          next === 0x72 ||
          next === 0x74
        )
          at += 1;
        else {
          this.#at = at;
          this.#bad();
        }
      } else if (byte < 0x20) {
        this.#at = at;
        this.#fail('the object is not JSON: a control character in a string');
      } else if (byte < 0x80) at += 1;
      else at = this.#multibyte(at, byte);
    }
    this.#at = at;
    this.#bad();
  }

  /** The end of a character of two to four bytes (RFC 3629: no overlong forms, no surrogates, nothing above U+10FFFF). */
  #multibyte(at: number, lead: number): number {
    const bytes = this.#bytes;
    const second = bytes[at + 1] ?? 0;
    let more = 0;
    let low = 0x80;
    let high = 0xbf;
    if (lead >= 0xc2 && lead <= 0xdf) more = 1;
    else if (lead >= 0xe0 && lead <= 0xef) {
      more = 2;
      if (lead === 0xe0) low = 0xa0;
      if (lead === 0xed) high = 0x9f;
    } else if (lead >= 0xf0 && lead <= 0xf4) {
      more = 3;
      if (lead === 0xf0) low = 0x90;
      if (lead === 0xf4) high = 0x8f;
    }
    let good = more > 0 && second >= low && second <= high;
    for (let i = 2; i <= more; i += 1) good &&= ((bytes[at + i] ?? 0) & 0xc0) === 0x80;
    if (!good) {
      this.#at = at;
      this.#fail('the object is not UTF-8');
    }
    return at + more + 1;
  }

  #array(depth: number): void {
    if (depth > MAX_DEPTH) this.#fail(`the object is nested deeper than ${MAX_DEPTH}`);
    this.#at += 1;
    this.#space();
    if (this.#bytes[this.#at] === 0x5d) {
      this.#at += 1;
      return;
    }
    for (;;) {
      this.#value(undefined, depth);
      this.#space();
      const byte = this.#bytes[this.#at];
      if (byte !== 0x2c && byte !== 0x5d) this.#bad();
      this.#at += 1;
      if (byte === 0x5d) return;
      this.#space();
    }
  }

  #object(node: PathNode | undefined, depth: number): void {
    if (depth > MAX_DEPTH) this.#fail(`the object is nested deeper than ${MAX_DEPTH}`);
    const { cuts } = this.#scan;
    this.#at += 1;
    this.#space();
    if (this.#bytes[this.#at] === 0x7d) {
      this.#at += 1;
      return;
    }
    // Members to drop before the first that is kept take their comma behind them along; later ones the comma before them.
    let pending = -1;
    let keeps = false;
    let end = -1;
    for (;;) {
      const member = this.#at;
      if (this.#bytes[member] !== 0x22) this.#bad();
      this.#string();
      const found =
        node === undefined || node.children.length === 0 ? undefined : this.#match(node, member + 1, this.#at - 1, this.#escaped);
      this.#space();
      if (this.#bytes[this.#at] !== 0x3a) this.#bad();
      this.#at += 1;
      this.#space();
      if (found?.drop) {
        if (!keeps && pending < 0) pending = member;
        this.#value(undefined, depth);
        if (keeps) cuts.push(end, this.#at);
      } else {
        if (!keeps && pending >= 0) cuts.push(pending, member);
        keeps = true;
        if (found?.metadata) this.#forget();
        const start = this.#at;
        this.#escaped = false;
        this.#value(found, depth);
        if (found?.field !== undefined) this.#field(found.field, start);
      }
      end = this.#at;
      this.#space();
      const byte = this.#bytes[this.#at];
      if (byte !== 0x2c && byte !== 0x7d) this.#bad();
      this.#at += 1;
      if (byte === 0x7d) break;
      this.#space();
    }
    if (!keeps && pending >= 0) cuts.push(pending, end);
  }

  #match(node: PathNode, start: number, end: number, escaped: boolean): PathNode | undefined {
    const bytes = this.#bytes;
    if (escaped) {
      const text = JSON.parse(decoder.decode(bytes.subarray(start - 1, end + 1))) as string;
      return node.children.find((each) => each.text === text);
    }
    const length = end - start;
    search: for (const each of node.children) {
      if (each.bytes.length !== length) continue;
      for (let i = 0; i < length; i += 1) if (each.bytes[i] !== bytes[start + i]) continue search;
      return each;
    }
    return undefined;
  }

  #field(field: Field, start: number): void {
    const target = this.#scan[field];
    const first = this.#bytes[start];
    target.start = -1;
    target.escaped = false;
    if (first === 0x6e) return;
    if (field === 'labels') {
      if (first !== 0x7b) return;
      target.start = start;
      target.end = this.#at;
      return;
    }
    if (first !== 0x22) {
      const path = Object.entries(FIELDS).find(([, each]) => each === field)?.[0] ?? field;
      const text = decoder.decode(this.#bytes.subarray(start, Math.min(this.#at, start + 40)));
      this.#at = start;
      this.#fail(`metadata.${path} is ${text}, not a string`);
    }
    target.start = start + 1;
    target.end = this.#at - 1;
    target.escaped = this.#escaped;
  }
}
