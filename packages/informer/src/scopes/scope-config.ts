import { LabelSelectorError, parseLabelSelector } from '@kubecast/store';
import type { LabelSelector } from '@kubecast/store';
import { InformerOptionsError } from '../errors.ts';

/** Which namespaces are to be watched. */
export interface ScopeConfig {
  /** Undefined: all. */
  readonly namespaces: ReadonlySet<string> | undefined;
  /** Only namespaces whose labels match it. */
  readonly selector: LabelSelector | undefined;
}

const LABEL = /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/u;

/**
 * Reads the data of a ConfigMap: `watchNamespaces`, names parted by commas or white space, or a JSON array of them, with `*` or an empty text
 * for all (`[]` is none); and `scopeSelector`, a label selector over Namespaces. With both, those of the list whose labels match.
 * @throws InformerOptionsError that names the key and what is wrong with it
 */
export function readScopeConfig(data: Readonly<Record<string, unknown>> | undefined): ScopeConfig {
  const list = textOf(data, 'watchNamespaces');
  const selector = textOf(data, 'scopeSelector')?.trim() ?? '';
  if (list === undefined && selector === '')
    throw new InformerOptionsError('neither watchNamespaces nor scopeSelector is there; write watchNamespaces: "*" for all namespaces');
  return { namespaces: namesOf(list ?? ''), selector: selector === '' ? undefined : selectorOf(selector) };
}

function textOf(data: Readonly<Record<string, unknown>> | undefined, key: string): string | undefined {
  const value = data !== undefined && Object.hasOwn(data, key) ? data[key] : undefined;
  if (value === undefined || typeof value === 'string') return value;
  throw new InformerOptionsError(`${key} is no text but ${JSON.stringify(value)}`);
}

function namesOf(text: string): ReadonlySet<string> | undefined {
  const isArray = text.trim().startsWith('[');
  const names = isArray ? arrayOf(text) : text.split(/[\s,]+/u).filter((name) => name !== '');
  if ((names.length === 0 && !isArray) || (names.length === 1 && names[0] === '*')) return undefined;
  for (const name of names)
    if (!LABEL.test(name))
      throw new InformerOptionsError(
        name === '*'
          ? 'watchNamespaces: * stands for all namespaces and cannot stand beside others'
          : `watchNamespaces: ${JSON.stringify(name)} is no name of a namespace (RFC 1123: lower-case letters, digits and "-", at most 63)`,
      );
  return new Set(names);
}

function arrayOf(text: string): readonly string[] {
  let names: unknown;
  try {
    names = JSON.parse(text);
  } catch (cause) {
    throw new InformerOptionsError('watchNamespaces begins with [ and is no JSON array', { cause });
  }
  if (!Array.isArray(names) || !names.every((name) => typeof name === 'string'))
    throw new InformerOptionsError('watchNamespaces is an array of something else than names');
  return names;
}

function selectorOf(text: string): LabelSelector {
  try {
    return parseLabelSelector(text);
  } catch (error) {
    if (!(error instanceof LabelSelectorError)) throw error;
    throw new InformerOptionsError(`scopeSelector: ${error.message}`, { cause: error });
  }
}
