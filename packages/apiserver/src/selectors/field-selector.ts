import { goQuote } from '@kubecast/crd';
import type { KubeObject, ServedResource } from '../served-resource.ts';
import { parseStored, type StoredObject } from '../storage/stored-object.ts';
import { badRequest } from '../status/status-error.ts';
import { textOf } from '../status/text-of.ts';

interface Term {
  readonly field: string;
  readonly value: string;
  readonly equal: boolean;
}

export interface FieldSelector {
  /** The one name that can match, when the selector says so. */
  readonly name: string | undefined;
  readonly namespace: string | undefined;
  matches(stored: StoredObject): boolean;
}

/**
 * Parses a field selector (`a=b,c!=d`, all must hold) for the fields that the resource knows.
 * @throws StatusError 400
 */
export function parseFieldSelector(text: string, resource: ServedResource): FieldSelector | undefined {
  if (text === '') return undefined;
  const terms = splitTerms(text).map(parseTerm);
  for (const term of terms) checkField(term.field, resource);
  const only = (field: string): string | undefined => terms.find((term) => term.field === field && term.equal)?.value;
  const others = terms.filter((term) => term.field !== 'metadata.name' && term.field !== 'metadata.namespace');
  return {
    name: only('metadata.name'),
    namespace: only('metadata.namespace'),
    matches(stored) {
      for (const term of terms) {
        if (term.field === 'metadata.name' && (stored.name === term.value) !== term.equal) return false;
        if (term.field === 'metadata.namespace' && (stored.namespace === term.value) !== term.equal) return false;
      }
      if (others.length === 0) return true;
      const object = parseStored(stored);
      return others.every((term) => (fieldValue(object, term.field, resource) === term.value) === term.equal);
    },
  };
}

/** Commas part terms unless a backslash stands before them. */
function splitTerms(text: string): string[] {
  return text.match(/(?:\\.|[^,\\]|\\$)+/gs) ?? [];
}

/** By the rules of apimachinery's fields.ParseSelector: the first operator parts a term, spaces belong to its sides, the value is escaped. */
function parseTerm(term: string): Term {
  const match = /^(.*?)(!=|==|=)(.*)$/s.exec(term);
  if (match === null) throw badRequest(`invalid selector: '${term}'; can't understand '${term}'`);
  const [, field = '', operator, value = ''] = match;
  return { field, equal: operator !== '!=', value: unescaped(value) };
}

function unescaped(value: string): string {
  let text = '';
  for (let at = 0; at < value.length; at++) {
    const character = value[at] as string;
    // Go shows the number of the character.
    if (character === ',' || character === '=')
      throw badRequest(`invalid field selector: unescaped character in value: ${character.charCodeAt(0)}`);
    if (character !== '\\') {
      text += character;
      continue;
    }
    at++;
    const next = String.fromCodePoint(...(at < value.length ? [value.codePointAt(at) as number] : []));
    if (next !== '\\' && next !== ',' && next !== '=') throw badRequest(`invalid field selector: invalid escape sequence: \\${next}`);
    text += next;
  }
  return text;
}

function checkField(field: string, resource: ServedResource): void {
  if (field === 'metadata.name' || (field === 'metadata.namespace' && resource.scope === 'Namespaced')) return;
  if (resource.builtin === undefined) {
    if (!resource.selectableFields.includes(`.${field}`)) throw badRequest(`field label not supported: ${field}`);
  } else if (resource.builtin.fields === undefined || !Object.hasOwn(resource.builtin.fields, field)) {
    if (field === 'metadata.namespace') return;
    throw badRequest(
      resource.builtin.fields === undefined
        ? `${goQuote(field)} is not a known field selector: only "metadata.name", "metadata.namespace"`
        : `field label not supported: ${field}`,
    );
  }
}

function fieldValue(object: KubeObject, field: string, resource: ServedResource): string {
  if (resource.builtin !== undefined) return resource.builtin.fields?.[field]?.(object) ?? '';
  let value: unknown = object;
  for (const name of field.split('.')) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return '';
    value = (value as Record<string, unknown>)[name];
  }
  return textOf(value);
}
