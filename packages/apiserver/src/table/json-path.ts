import { isObject } from '@kubecast/crd';

type Step =
  | { readonly type: 'name'; readonly name: string }
  | { readonly type: 'index'; readonly index: number }
  | { readonly type: 'all' }
  | { readonly type: 'filter'; readonly path: readonly Step[]; readonly operator: string; readonly value: unknown };

const parsed = new Map<string, readonly Step[] | undefined>();

/**
 * The values that a column's JSONPath finds, in order: the part of Kubernetes' JSONPath that CRDs use (names, indexes, `[*]`, and
 * filters with a comparison). An expression that cannot be read finds nothing.
 */
export function jsonPathValues(object: unknown, expression: string): unknown[] {
  let steps = parsed.get(expression);
  if (!parsed.has(expression)) {
    steps = parse(expression);
    // Expressions come from CRDs, so the cache is bounded.
    if (parsed.size > 1000) parsed.clear();
    parsed.set(expression, steps);
  }
  return steps === undefined ? [] : walk([object], steps);
}

function walk(values: readonly unknown[], steps: readonly Step[]): unknown[] {
  let found: unknown[] = [...values];
  for (const step of steps) found = found.flatMap((value) => next(value, step));
  return found;
}

function next(value: unknown, step: Step): unknown[] {
  switch (step.type) {
    case 'name':
      return isObject(value) && Object.hasOwn(value, step.name) ? [value[step.name]] : [];
    case 'index': {
      if (!Array.isArray(value)) return [];
      const at = step.index < 0 ? value.length + step.index : step.index;
      return at in value ? [value[at]] : [];
    }
    case 'all':
      return Array.isArray(value) ? value : isObject(value) ? Object.values(value) : [];
    case 'filter':
    default:
      return Array.isArray(value) ? value.filter((item) => holds(item, step)) : [];
  }
}

function holds(item: unknown, filter: Step & { readonly type: 'filter' }): boolean {
  const [found] = walk([item], filter.path);
  if (filter.operator === '') return found !== undefined;
  if (found === undefined) return false;
  const { value } = filter;
  switch (filter.operator) {
    case '==':
      return found === value;
    case '!=':
      return found !== value;
    case '<':
      return (found as number) < (value as number);
    case '<=':
      return (found as number) <= (value as number);
    case '>':
      return (found as number) > (value as number);
    default:
      return (found as number) >= (value as number);
  }
}

function parse(expression: string): readonly Step[] | undefined {
  const steps: Step[] = [];
  let rest = expression.replace(/^\{(.*)\}$/s, '$1').replace(/^\$/, '');
  while (rest !== '') {
    let match: RegExpExecArray | null;
    if ((match = /^\.((?:\\.|[^.[\\])+)/.exec(rest)) !== null) {
      const name = (match[1] as string).replace(/\\(.)/g, '$1');
      steps.push(name === '*' ? { type: 'all' } : { type: 'name', name });
    } else if ((match = /^\[(-?\d+)\]/.exec(rest)) !== null) steps.push({ type: 'index', index: Number(match[1]) });
    else if ((match = /^\[\*\]/.exec(rest)) !== null) steps.push({ type: 'all' });
    else if ((match = /^\[(['"])(.*?)\1\]/.exec(rest)) !== null) steps.push({ type: 'name', name: match[2] as string });
    else if ((match = /^\[\?\(\s*@([^=!<>)]*?)\s*(?:(==|!=|<=|>=|<|>)\s*(.*?)\s*)?\)\]/.exec(rest)) !== null) {
      const path = parse(match[1] as string);
      if (path === undefined) return undefined;
      steps.push({ type: 'filter', path, operator: match[2] ?? '', value: literal(match[3] ?? '') });
    } else if (rest === '.') return steps;
    else return undefined;
    rest = rest.slice(match[0].length);
  }
  return steps;
}

function literal(text: string): unknown {
  const quoted = /^(['"])(.*)\1$/s.exec(text);
  if (quoted !== null) return quoted[2];
  if (text === 'true' || text === 'false') return text === 'true';
  return text !== '' && !Number.isNaN(Number(text)) ? Number(text) : text;
}
