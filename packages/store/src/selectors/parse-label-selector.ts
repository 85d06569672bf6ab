import { LabelSelectorError } from '../store-error.ts';
import type { LabelRequirement, LabelSelector } from './label-selector.ts';

type Token = { kind: 'word' | 'op' | 'end'; text: string };

const OPERATORS = ['==', '!=', '=', '>', '<', '!', ',', '(', ')'] as const;

function tokenize(text: string): Token[] {
  const tokens: Token[] = [];
  for (let i = 0; i < text.length;) {
    if (/\s/.test(text[i] ?? '')) {
      i += 1;
      continue;
    }
    const operator = OPERATORS.find((candidate) => text.startsWith(candidate, i));
    if (operator) {
      tokens.push({ kind: 'op', text: operator });
      i += operator.length;
      continue;
    }
    const word = /^[^\s=!<>,()]+/.exec(text.slice(i))?.[0] ?? '';
    tokens.push({ kind: 'word', text: word });
    i += word.length;
  }
  tokens.push({ kind: 'end', text: '' });
  return tokens;
}

const KEY_NAME = /^([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]$/;
const DNS_SUBDOMAIN = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;
const NAME_RULE =
  "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')";
const VALUE_RULE =
  "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')";

function checkKey(key: string): void {
  const slash = key.indexOf('/');
  const prefix = slash < 0 ? undefined : key.slice(0, slash);
  const name = slash < 0 ? key : key.slice(slash + 1);
  const prefixOk = prefix === undefined || (prefix.length <= 253 && DNS_SUBDOMAIN.test(prefix));
  if (!prefixOk || name.length > 63 || !KEY_NAME.test(name))
    throw new LabelSelectorError(`unable to parse requirement: <nil>: Invalid value: ${JSON.stringify(key)}: ${NAME_RULE}`);
}

function checkValue(key: string, value: string): void {
  if (value === '' || (value.length <= 63 && KEY_NAME.test(value))) return;
  const rule = value.length > 63 ? 'must be no more than 63 bytes' : VALUE_RULE;
  throw new LabelSelectorError(`unable to parse requirement: values[0][${key}]: Invalid value: ${JSON.stringify(value)}: ${rule}`);
}

function fail(found: string, expected: string): never {
  throw new LabelSelectorError(`unable to parse requirement: found '${found}', expected: ${expected}`);
}

/**
 * Parses a label selector in the API server's grammar: `a`, `!a`, `a=b`, `==`, `!=`, `in (..)`, `notin (..)`, `>`, `<`, joined by commas.
 * @throws LabelSelectorError with the API server's words.
 */
export function parseLabelSelector(text: string): LabelSelector {
  const tokens = tokenize(text);
  let at = 0;
  const peek = (): Token => tokens[at] ?? { kind: 'end', text: '' };
  const next = (): Token => {
    const token = peek();
    at += 1;
    return token;
  };
  const requirements: LabelRequirement[] = [];
  if (peek().kind === 'end') return { requirements };
  for (;;) {
    const first = next();
    if (first.kind === 'op' && first.text === '!') {
      const key = next();
      if (key.kind !== 'word') fail(key.text, 'identifier');
      checkKey(key.text);
      requirements.push({ key: key.text, operator: 'DoesNotExist', values: [] });
    } else if (first.kind === 'word') {
      checkKey(first.text);
      requirements.push(parseOperator(first.text));
    } else {
      fail(first.text, "!, identifier, or 'end of string'");
    }
    const separator = next();
    if (separator.kind === 'end') return { requirements };
    // [!] What stands between two requirements belongs to none, and is told without their prefix.
    if (separator.text !== ',') throw new LabelSelectorError(`found '${separator.text}', expected: ',' or 'end of string'`);
    if (peek().kind === 'end' || (peek().kind === 'op' && peek().text === ','))
      throw new LabelSelectorError(`found '${peek().text}', expected: identifier after ','`);
  }

  function parseOperator(key: string): LabelRequirement {
    const operator = peek();
    if (operator.kind === 'end' || operator.text === ',') return { key, operator: 'Exists', values: [] };
    next();
    switch (operator.text) {
      case '=':
      case '==':
      case '!=': {
        const value = peek().kind === 'word' ? next().text : '';
        checkValue(key, value);
        return { key, operator: operator.text === '!=' ? 'NotIn' : 'In', values: [value] };
      }
      case '>':
      case '<': {
        const value = peek().kind === 'word' ? next().text : '';
        if (!/^-?\d+$/.test(value))
          throw new LabelSelectorError(
            `unable to parse requirement: values[0]: Invalid value: ${JSON.stringify(value)}: for 'Gt', 'Lt' operators, the value must be an integer`,
          );
        return { key, operator: operator.text === '>' ? 'Gt' : 'Lt', values: [value] };
      }
      case 'in':
      case 'notin': {
        const open = next();
        if (open.text !== '(') throw new LabelSelectorError(`unable to parse requirement: found '${open.text}' expected: '('`);
        const values: string[] = [];
        for (;;) {
          const value = peek().kind === 'word' ? next().text : '';
          checkValue(key, value);
          values.push(value);
          const close = next();
          if (close.text === ')') break;
          if (close.text !== ',') fail(close.text, "',' or ')'");
        }
        return { key, operator: operator.text === 'in' ? 'In' : 'NotIn', values };
      }
      default:
        return fail(operator.text, 'in, notin, =, ==, !=, gt, lt');
    }
  }
}

/** A selector as text that parses to the same selector. */
export function formatLabelSelector(selector: LabelSelector): string {
  return selector.requirements
    .map(({ key, operator, values }) => {
      switch (operator) {
        case 'Exists':
          return key;
        case 'DoesNotExist':
          return `!${key}`;
        case 'In':
          return values.length === 1 ? `${key}=${values[0]}` : `${key} in (${values.join(',')})`;
        case 'NotIn':
          return values.length === 1 ? `${key}!=${values[0]}` : `${key} notin (${values.join(',')})`;
        case 'Gt':
          return `${key}>${values[0]}`;
        case 'Lt':
        default:
          return `${key}<${values[0]}`;
      }
    })
    .join(',');
}

/** Both selectors must hold. */
export function andSelectors(...selectors: readonly LabelSelector[]): LabelSelector {
  return { requirements: selectors.flatMap((selector) => selector.requirements) };
}

const value = (labels: Readonly<Record<string, string>> | undefined, key: string): string | undefined =>
  labels !== undefined && Object.hasOwn(labels, key) ? labels[key] : undefined;

/** Whether labels satisfy a selector. `!=` and `notin` are satisfied by a label that is absent, as on the API server. */
export function matchesLabels(selector: LabelSelector, labels: Readonly<Record<string, string>> | undefined): boolean {
  return selector.requirements.every(({ key, operator, values }) => {
    const found = value(labels, key);
    switch (operator) {
      case 'Exists':
        return found !== undefined;
      case 'DoesNotExist':
        return found === undefined;
      case 'In':
        return found !== undefined && values.includes(found);
      case 'NotIn':
        return found === undefined || !values.includes(found);
      case 'Gt':
      case 'Lt':
      default: {
        if (found === undefined || !/^-?\d+$/.test(found)) return false;
        const difference = BigInt(found) - BigInt(values[0] ?? '0');
        return operator === 'Gt' ? difference > 0n : difference < 0n;
      }
    }
  });
}

/** A selector from the object form that specs carry (matchLabels and matchExpressions, meta/v1 LabelSelector). */
export function labelSelectorFromObject(object: {
  readonly matchLabels?: Readonly<Record<string, string>>;
  readonly matchExpressions?: readonly { readonly key: string; readonly operator: string; readonly values?: readonly string[] }[];
}): LabelSelector {
  const requirements: LabelRequirement[] = Object.entries(object.matchLabels ?? {}).map(([key, text]) => ({
    key,
    operator: 'In',
    values: [text],
  }));
  for (const { key, operator, values = [] } of object.matchExpressions ?? []) {
    if (operator !== 'In' && operator !== 'NotIn' && operator !== 'Exists' && operator !== 'DoesNotExist')
      throw new LabelSelectorError(`${JSON.stringify(operator)} is not a valid label selector operator`);
    requirements.push({ key, operator, values });
  }
  return { requirements };
}
