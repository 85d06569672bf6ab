import { JsonBytesError, JsonValidator } from '@kubecast/json-bytes';
import { RecordError, StoreError } from '../store-error.ts';

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
const NONE = new Uint8Array();
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
  readonly #json = new JsonValidator();
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

  constructor(drop: readonly (readonly string[])[]) {
    this.#tree = pathTree(drop);
  }

  /**
   * @throws RecordError naming the place (in bytes), if it is not a JSON object in UTF-8, or nested too deep.
   */
  scan(bytes: Uint8Array): Scan {
    if (!ArrayBuffer.isView(bytes) || bytes.BYTES_PER_ELEMENT !== 1)
      throw new RecordError('the object is given as its JSON in bytes, a Uint8Array; this is something else');
    try {
      return this.#read(bytes);
    } catch (error) {
      if (!(error instanceof JsonBytesError)) throw error;
      throw new RecordError(`the object is ${error.message}`, { cause: error });
    }
  }

  #read(bytes: Uint8Array): Scan {
    const scan = this.#scan;
    const json = this.#json;
    json.bytes = bytes;
    scan.cuts.length = 0;
    this.#forget();
    let at = json.space(0);
    if (bytes[at] !== 0x7b) json.fail(at < bytes.length ? 'not a JSON object' : 'not JSON: it is empty', at);
    at = json.space(this.#object(at, this.#tree, 0));
    if (at < bytes.length) json.fail('not JSON: there is more after its end', at);
    let kept = bytes.length;
    for (let i = 0; i < scan.cuts.length; i += 2) kept -= (scan.cuts[i + 1] ?? 0) - (scan.cuts[i] ?? 0);
    scan.kept = kept;
    json.bytes = NONE;
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

  /** An object on the way to paths of interest, from its brace; `depth` containers are open around it. Gives the place behind it. */
  #object(start: number, node: PathNode, depth: number): number {
    const { cuts } = this.#scan;
    const json = this.#json;
    const { bytes } = json;
    json.deeper(depth, start);
    let at = json.space(start + 1);
    if (bytes[at] === 0x7d) return at + 1;
    // Members to drop before the first that is kept take their comma behind them along; later ones the comma before them.
    let pending = -1;
    let keeps = false;
    let end = -1;
    for (;;) {
      const member = at;
      if (bytes[member] !== 0x22) json.bad(member);
      at = json.string(member);
      const found = this.#match(node, member + 1, at - 1, json.escaped);
      at = json.space(at);
      if (bytes[at] !== 0x3a) json.bad(at);
      at = json.space(at + 1);
      if (found?.drop) {
        if (!keeps && pending < 0) pending = member;
        at = json.value(at, depth + 1);
        if (keeps) cuts.push(end, at);
      } else {
        if (!keeps && pending >= 0) cuts.push(pending, member);
        keeps = true;
        if (found?.metadata) this.#forget();
        const value = at;
        json.escaped = false;
        at =
          found !== undefined && found.children.length > 0 && bytes[at] === 0x7b
            ? this.#object(at, found, depth + 1)
            : json.value(at, depth + 1);
        if (found?.field !== undefined) this.#field(found.field, value, at);
      }
      end = at;
      at = json.space(at);
      const byte = bytes[at];
      if (byte !== 0x2c && byte !== 0x7d) json.bad(at);
      at += 1;
      if (byte === 0x7d) break;
      at = json.space(at);
    }
    if (!keeps && pending >= 0) cuts.push(pending, end);
    return at;
  }

  #match(node: PathNode, start: number, end: number, escaped: boolean): PathNode | undefined {
    const { bytes } = this.#json;
    const { children } = node;
    if (escaped) {
      const text = JSON.parse(decoder.decode(bytes.subarray(start - 1, end + 1))) as string;
      return children.find((each) => each.text === text);
    }
    const length = end - start;
    search: for (let i = 0; i < children.length; i += 1) {
      const each = children[i] as PathNode;
      if (each.bytes.length !== length) continue;
      for (let j = 0; j < length; j += 1) if (each.bytes[j] !== bytes[start + j]) continue search;
      return each;
    }
    return undefined;
  }

  #field(field: Field, start: number, end: number): void {
    const target = this.#scan[field];
    const json = this.#json;
    const first = json.bytes[start];
    target.start = -1;
    target.escaped = false;
    if (first === 0x6e) return;
    if (field === 'labels') {
      if (first !== 0x7b) return;
      target.start = start;
      target.end = end;
      return;
    }
    if (first !== 0x22) {
      const path = Object.entries(FIELDS).find(([, each]) => each === field)?.[0] ?? field;
      const text = decoder.decode(json.bytes.subarray(start, Math.min(end, start + 40)));
      json.bytes = NONE;
      throw new RecordError(`metadata.${path} is ${text}, not a string (byte ${start})`);
    }
    target.start = start + 1;
    target.end = end - 1;
    target.escaped = json.escaped;
  }
}
