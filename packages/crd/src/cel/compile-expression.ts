import { Optional, type Environment } from '@marcbachmann/cel-js';
import { isObject } from '../schema/own-property.ts';
import { deepSize, flatSize, spend } from './library/work-budget.ts';
import { OWN_NAME } from './library/texts.ts';

/** What of the library's tree of an expression is used here. */
interface Node {
  readonly op: string;
  args: unknown;
  readonly pos: number;
  readonly start: number;
  readonly end: number;
  readonly meta: { readonly alternate?: Node; readonly evaluate: Evaluate; macro?: unknown };
  handle?: (...values: unknown[]) => unknown;
  evaluate: Evaluate;
  readonly checkedType?: { readonly name: string };
}
type Evaluate = (evaluator: unknown, node: Node, context: unknown) => unknown;

interface LibraryError {
  readonly name?: string;
  readonly code?: string;
  readonly summary?: string;
  readonly node?: Node;
  readonly range?: { readonly start: number; readonly end: number };
}

export interface Expression {
  /** The library's name of the type that it gives. */
  readonly type: string;
  /** @throws whatever went wrong; the budget is the caller's */
  readonly run: (variables: Readonly<Record<string, unknown>>) => unknown;
  readonly usesOldSelf: boolean;
}

/** An expression that cannot be used; the message is the server's where it has one for it. */
export class CompileError extends Error {
  override readonly name = 'CompileError';
}

const functions = new Set([
  ...['has', 'size', 'type', 'dyn', 'bool', 'bytes', 'double', 'int', 'uint', 'string', 'timestamp', 'duration', 'own_matches'],
  ...['isURL', 'url', 'isQuantity', 'quantity', 'sign', 'isIP', 'ip', 'isCIDR', 'cidr'],
]);
const methods = new Set([
  ...['all', 'exists', 'exists_one', 'map', 'filter', 'size', 'startsWith', 'endsWith', 'contains'],
  ...['getDate', 'getDayOfMonth', 'getDayOfWeek', 'getDayOfYear', 'getFullYear', 'getHours', 'getMilliseconds'],
  ...['getMinutes', 'getMonth', 'getSeconds', 'hasValue', 'value', 'or', 'orValue', 'none', 'of'],
  ...[
    'own_matches',
    'own_lowerAscii',
    'own_upperAscii',
    'own_trim',
    'own_indexOf',
    'own_lastIndexOf',
    'own_substring',
    'own_split',
    'own_join',
  ],
  ...['charAt', 'replace', 'format', 'find', 'findAll', 'isSorted', 'sum', 'min', 'max'],
  ...['getScheme', 'getHost', 'getHostname', 'getPort', 'getEscapedPath', 'getQuery'],
  ...['isInteger', 'asInteger', 'asApproximateFloat', 'isGreaterThan', 'isLessThan', 'compareTo', 'add', 'sub'],
  ...['family', 'isCanonical', 'isUnspecified', 'isLoopback', 'isLinkLocalMulticast', 'isLinkLocalUnicast', 'isGlobalUnicast'],
  ...['ip', 'prefixLength', 'masked', 'containsIP', 'containsCIDR', 'named', 'validate'],
  ...['dns1123Label', 'dns1123Subdomain', 'dns1035Label', 'qualifiedName', 'dns1123LabelPrefix', 'dns1123SubdomainPrefix'],
  ...['dns1035LabelPrefix', 'labelValue', 'uri', 'uuid', 'byte', 'date', 'datetime'],
]);
/** Functions of the server that this package does not support. */
const missing = new Set([
  ...['sets', 'lists', 'strings', 'isSemver', 'semver', 'existsOne', 'transformList', 'transformMap', 'transformMapEntry'],
  ...['optMap', 'optFlatMap', 'ofNonZeroValue', 'flatten', 'slice', 'distinct', 'sort', 'sortBy', 'first', 'last', 'reverse'],
]);
const twoVariables = new Set(['all', 'exists']);

/**
 * Reads, checks and prepares an expression for the variables of `env`.
 * @throws CompileError
 */
export function compileExpression(env: Environment, source: string): Expression {
  let usesOldSelf = false;
  try {
    const parsed = env.parse(source);
    const root = parsed.ast as unknown as Node;
    const nodes = allNodes(root);
    for (const node of nodes) checkSupported(node, source);
    for (const node of nodes) {
      if (node.op === 'id' && node.args === 'oldSelf') usesOldSelf = true;
      checkNames(node, source);
      widenHas(node, source);
    }
    const checked = parsed.check();
    if (!checked.valid) throw checked.error ?? new CompileError('unknown');
    checkLiterals(nodes, source);
    for (const node of nodes) measure(node);
    return { type: checked.type ?? 'dyn', run: (variables) => parsed(variables), usesOldSelf };
  } catch (error) {
    if (error instanceof CompileError) throw error;
    if (error instanceof RangeError) throw new CompileError('expression recursion limit exceeded', { cause: error });
    throw new CompileError(inServersWords(error as LibraryError, source), { cause: error });
  }
}

/** Every node once, including those of expanded macros. Iterative, because the depth of the expression is not trusted. */
function allNodes(root: Node): readonly Node[] {
  const seen = new Set<Node>();
  const open: unknown[] = [root];
  for (let next = open.pop(); next !== undefined || open.length > 0; next = open.pop()) {
    if (Array.isArray(next)) open.push(...(next as unknown[]));
    else if (isNode(next)) {
      if (seen.has(next)) continue;
      seen.add(next);
      open.push(next.args, next.meta.alternate);
    } else if (typeof next === 'object' && next !== null && 'iterable' in next && 'step' in next) {
      const { iterable, init, step } = next as unknown as { iterable: unknown; init: unknown; step: unknown };
      open.push(iterable, init, step);
    }
  }
  return [...seen];
}

function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && 'op' in value && 'start' in value && 'meta' in value;
}

/** Unsupported functions are reported first, because they may cause other errors. */
function checkSupported(node: Node, source: string): void {
  if (node.op === 'id' && missing.has(node.args as string)) throw unsupported(node.args as string, node.start, source);
  if (node.op !== 'call' && node.op !== 'rcall') return;
  const [name] = node.args as [string];
  if (missing.has(name)) throw unsupported(name, callPlace(node, name, source), source);
  if (node.op === 'rcall' && twoVariables.has(name) && (node.args as [string, Node, readonly Node[]])[2].length === 3)
    throw unsupported(`${name} with two variables`, callPlace(node, name, source), source);
}

/** Names that only the library or only the server has, and names that are mapped to others. */
function checkNames(node: Node, source: string): void {
  if (node.op !== 'call' && node.op !== 'rcall') return;
  const args = node.args as [string, ...unknown[]];
  const [name] = args;
  const own = OWN_NAME.get(name);
  if (own !== undefined && (node.op === 'rcall' || name === 'matches')) args[0] = own;
  const place = callPlace(node, name, source);
  if (!(node.op === 'call' ? functions : methods).has(args[0])) throw undeclared(name, place, source);
}

/** The items of a list that is written out are of one type, but where they are arguments of `format`. */
function checkLiterals(nodes: readonly Node[], source: string): void {
  const free = new Set(
    nodes
      .filter(({ op, args }) => op === 'rcall' && (args as [string])[0] === 'format')
      .map(({ args }) => (args as [string, Node, [Node]])[2][0]),
  );
  for (const node of nodes) {
    if (node.op !== 'list' || free.has(node) || !Array.isArray(node.args)) continue;
    const [first, ...rest] = node.args as Node[];
    const wanted = first?.checkedType?.name ?? 'dyn';
    for (const item of rest) {
      const found = item.checkedType?.name ?? 'dyn';
      if (found !== wanted && !/dyn|</u.test(found + wanted))
        throw new CompileError(placed(`expected type '${wanted}' but found '${found}'`, item.start, source));
    }
  }
}

/** What the library hands to a macro. */
interface Checker {
  check(node: Node, context: unknown): unknown;
  getType(name: string): unknown;
}
interface Evaluator {
  run(node: Node, context: unknown): unknown;
}

/** `has` of the library takes names alone; in CEL a field of anything can be asked for, as `has(self.list[0].name)`. */
function widenHas(node: Node, source: string): void {
  if (node.op !== 'call' || (node.args as [string])[0] !== 'has') return;
  const [field] = (node.args as [string, readonly Node[]])[1];
  if (field?.op !== '.') throw new CompileError(placed('invalid argument to has() macro', callPlace(node, 'has', source), source));
  const [object, name] = field.args as [Node, string];
  node.meta.macro = {
    async: false,
    typeCheck(checker: Checker, _macro: unknown, context: unknown): unknown {
      checker.check(field, context);
      return checker.getType('bool');
    },
    evaluate(evaluator: Evaluator, _macro: unknown, context: unknown): boolean {
      spend(1);
      const value = evaluator.run(object, context);
      if (value instanceof Optional) return value.hasValue() && hasField(value.value(), name);
      return hasField(value, name);
    },
  };
}

function hasField(value: unknown, name: string): boolean {
  return value instanceof Map ? value.has(name) : isObject(value) && Object.hasOwn(value, name);
}

const unsupported = (what: string, at: number, source: string): CompileError =>
  new CompileError(placed(`'${what}' is part of CEL in Kubernetes, and not supported by @kubecast/crd`, at, source));
const undeclared = (name: string, at: number, source: string): CompileError =>
  new CompileError(placed(`undeclared reference to '${name}' (in container '')`, at, source));

/** Where the arguments begin, which is where the server places a call. */
function callPlace(node: Node, name: string, source: string): number {
  const receiver = node.op === 'rcall' ? (node.args as [string, Node])[1].end : node.start;
  const at = source.indexOf(name, receiver);
  const open = source.indexOf('(', at < 0 ? receiver : at);
  return open < 0 ? node.start : open;
}

/** An error as cel-go writes it: line and column, the line, and an arrow. */
function placed(text: string, at: number, source: string): string {
  const before = source.slice(0, at).split('\n');
  const line = source.split('\n')[before.length - 1] ?? '';
  const column = Array.from(before.at(-1) ?? '').length;
  return `ERROR: <input>:${before.length}:${column + 1}: ${text}\n | ${line}\n | ${'.'.repeat(column)}^`;
}

const starts = "{'[', '{', '(', '.', '-', '!', 'true', 'false', 'null', NUM_FLOAT, NUM_INT, NUM_UINT, STRING, BYTES, IDENTIFIER}";

function inServersWords(error: LibraryError, source: string): string {
  const node = error.node;
  const summary = error.summary ?? 'the expression cannot be read';
  const start = error.range?.start ?? node?.start ?? 0;
  switch (error.code) {
    case 'no_such_key': {
      const name = summary.replace(/^No such key: /u, '');
      const dot = source.lastIndexOf('.', Math.max(0, (node?.pos ?? start) - 1));
      return placed(`undefined field '${name}'`, dot < 0 ? start : dot, source);
    }
    case 'unknown_variable':
      return placed(`undeclared reference to '${summary.replace(/^Unknown variable: /u, '')}' (in container '')`, start, source);
    case 'no_matching_overload': {
      const match = /'(?:(.*)\.)?(\w+)\((.*)\)'$/su.exec(summary);
      if (match === null || node === undefined) break;
      const name = (match[2] ?? '').replace(/^own_/u, '');
      const args = match[1] === undefined ? `(${match[3]})` : `${match[1]}.(${match[3]})`;
      return placed(`found no matching overload for '${name}' applied to '${args}'`, callPlace(node, name, source), source);
    }
    case 'no_such_overload': {
      const match = /^no such overload: (.+) (\S+) (.+)$/su.exec(summary);
      if (match === null || node === undefined || !Array.isArray(node.args)) break;
      const [left, right] = node.args as [Node, Node];
      const at = source.indexOf(match[2] as string, left.end);
      const name = match[2] === 'in' ? '@in' : `_${match[2]}_`;
      return placed(
        `found no matching overload for '${name}' applied to '(${match[1]}, ${match[3]})'`,
        at < 0 || at > right.start ? start : at,
        source,
      );
    }
    case 'unexpected_token':
      if (start >= source.trimEnd().length)
        return placed(`Syntax error: mismatched input '<EOF>' expecting ${starts}`, source.length, source);
      break;
    case 'unexpected_character':
      if (summary.startsWith("Unexpected character: '"))
        return placed(
          `Syntax error: extraneous input '${source.slice(start, error.range?.end ?? start + 1)}' expecting <EOF>`,
          start,
          source,
        );
      break;
    case undefined:
    default:
  }
  return placed(error.name === 'ParseError' ? `Syntax error: ${summary}` : summary, start, source);
}

const compared = new Set(['==', '!=', 'in']);
/** Nodes that cost one step; a comprehension costs one for each iteration. */
const cheap = new Set(['.', '[]', '.?', '[?]', '?:', 'comprehension']);

/** Charges the budget for a node when it is evaluated. */
function measure(node: Node): void {
  if (node.op === 'comprehension') {
    const { step } = node.args as { readonly step: Node };
    const paid: Evaluate = (evaluator, _node, context) => {
      spend(1);
      const { alternate } = step.meta;
      return alternate === undefined ? step.meta.evaluate(evaluator, step, context) : alternate.evaluate(evaluator, alternate, context);
    };
    // A step that is itself a macro (`has`) is looked up by the node, as before.
    const plain = step.evaluate;
    step.evaluate = 'macro' in step.meta ? (...given) => (spend(1), plain.apply(step, given)) : paid;
  }
  const { handle } = node;
  if (handle === undefined || cheap.has(node.op)) return;
  const size = compared.has(node.op) ? deepSize : flatSize;
  node.handle = (...values) => {
    const [first, second] = values;
    const several = node.op === 'call' || node.op === 'rcall';
    spend(1 + (several ? (first as unknown[]).reduce<number>((sum, value) => sum + flatSize(value), 0) : size(first) + size(second)) / 10);
    const result = handle(...values);
    spend(flatSize(result) / 10);
    return result;
  };
}
