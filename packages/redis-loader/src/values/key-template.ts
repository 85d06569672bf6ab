import { KeyTemplateError } from '../errors.ts';

/** The user's own layout. */
export const defaultKeyTemplate = '{app}_{model}';

/**
 * How names go into a key. 'plain': as they are, so that `iiot` + `edge_x` and `iiot_edge` + `x` share a key. 'injective': every
 * character but letters, digits, `.` and `-` percent-encoded, so that different names never share one.
 */
export type KeyEncoding = 'plain' | 'injective';

/** A template that was read: makes the key of the value of one set of names. Immutable. */
export interface KeyTemplate {
  readonly text: string;
  readonly encoding: KeyEncoding;
  /** Names of the fields, in their order. */
  readonly fields: readonly string[];
  /** Throws KeyTemplateError (BadKey) if a field is missing, or a name or the key cannot be written as UTF-8. */
  render(names: Readonly<Record<string, string>>): string;
  /** What the keys of all models of an owner's app begin with: the key up to the first field that names, or may name, the model. */
  prefix(names: Readonly<Record<string, string>>): string;
}

interface Part {
  readonly literal: string;
  readonly field?: string;
}

/**
 * Reads a template: `{name}` is a field, `{{` and `}}` are braces. `{{{app}}}_{model}` gives the hash tag `{iiot}_x`, which keeps an
 * app's values in one slot of a cluster.
 *
 * @throws KeyTemplateError (BadKeyTemplate), also where `encoding` is 'injective' and two fields stand together with nothing between
 * them that tells where the first one ends.
 */
export function parseKeyTemplate(text: string = defaultKeyTemplate, encoding: KeyEncoding = 'plain'): KeyTemplate {
  if (typeof text !== 'string') throw new KeyTemplateError('BadKeyTemplate', `the key template is a ${typeof text}; it must be a string`);
  if (encoding !== 'plain' && encoding !== 'injective')
    throw new KeyTemplateError('BadKeyTemplate', `the key encoding is ${JSON.stringify(encoding)}; it must be "plain" or "injective"`);
  const parts = readParts(text);
  const fields = parts.flatMap((part) => (part.field === undefined ? [] : [part.field]));
  if (fields.length === 0)
    throw new KeyTemplateError(
      'BadKeyTemplate',
      `the key template ${JSON.stringify(text)} names no field: every value would have the same key`,
    );
  if (encoding === 'injective') checkSeparators(text, parts);
  const encode = encoding === 'injective' ? encodeName : (name: string): string => name;
  const fill = (names: Readonly<Record<string, string>>, some: readonly Part[]): string => {
    let key = '';
    for (const part of some) {
      key += part.literal;
      if (part.field === undefined) continue;
      const name = Object.hasOwn(names, part.field) ? names[part.field] : undefined;
      if (typeof name !== 'string')
        throw new KeyTemplateError(
          'BadKey',
          `the key template ${JSON.stringify(text)} needs ${JSON.stringify(part.field)}, which is not given`,
        );
      // A lone surrogate becomes U+FFFD on the wire: different names would silently share a key.
      if (!name.isWellFormed())
        throw new KeyTemplateError(
          'BadKey',
          `${part.field} ${JSON.stringify(name)} holds half of a surrogate pair; no key can be made of it`,
        );
      key += encode(name);
    }
    return key;
  };
  const varies = parts.findIndex(({ field }) => field !== undefined && field !== 'namespace' && field !== 'app');
  const common = varies < 0 ? parts : [...parts.slice(0, varies), { literal: (parts[varies] as Part).literal }];
  return { text, encoding, fields, render: (names) => fill(names, parts), prefix: (names) => fill(names, common) };
}

function readParts(text: string): readonly Part[] {
  const parts: Part[] = [];
  let literal = '';
  for (let at = 0; at < text.length; at += 1) {
    const char = text[at] as string;
    if ((char === '{' || char === '}') && text[at + 1] === char) {
      literal += char;
      at += 1;
    } else if (char === '{') {
      const end = text.indexOf('}', at);
      const field = end < 0 ? '' : text.slice(at + 1, end);
      if (!/^[a-zA-Z][a-zA-Z0-9]*$/u.test(field)) {
        throw new KeyTemplateError(
          'BadKeyTemplate',
          `the key template ${JSON.stringify(text)} has no field name at character ${at + 1}; write {app}, and {{ for a brace`,
        );
      }
      parts.push({ literal, field });
      literal = '';
      at = end;
    } else if (char === '}') {
      throw new KeyTemplateError(
        'BadKeyTemplate',
        `the key template ${JSON.stringify(text)} has a } at character ${at + 1} without its {; write }} for a brace`,
      );
    } else {
      literal += char;
    }
  }
  if (!text.isWellFormed()) throw new KeyTemplateError('BadKeyTemplate', 'the key template holds half of a surrogate pair');
  if (literal !== '') parts.push({ literal });
  return parts;
}

/** Percent-encodes all but letters, digits, `.` and `-`. */
export const encodeName = (name: string): string =>
  encodeURIComponent(name).replace(/[_!~*'()]/gu, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`);

/** The literal between two fields must hold a character that no encoded name holds; then a key can be split into its names again. */
function checkSeparators(text: string, parts: readonly Part[]): void {
  for (const [index, part] of parts.entries()) {
    if (index > 0 && part.field !== undefined && !/[^A-Za-z0-9.%-]/u.test(part.literal)) {
      throw new KeyTemplateError(
        'BadKeyTemplate',
        `the key template ${JSON.stringify(text)} cannot be injective: put a character such as _ or : before {${part.field}}`,
      );
    }
  }
}
