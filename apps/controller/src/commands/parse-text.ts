import type { Document, Pair, Scalar } from 'yaml';
import { InputError } from '../errors.ts';

/**
 * The documents of a text in JSON or YAML, as kubectl reads them: with merge keys (`<<`), without empty documents. What stands there unquoted and means
 * one thing to kubectl (YAML 1.1) and another by YAML 1.2 is refused, and so is what would be changed: an integer that a number does not hold, a name
 * that is given twice, a tag that is not known, bytes.
 *
 * @param names.keys whether that holds for the keys of maps too.
 * @throws InputError
 */
export async function parseText(file: string, text: string, names: { readonly keys: boolean }): Promise<readonly unknown[]> {
  // JSON first: it is faster, and keeps names such as __proto__ as they are.
  if (/^\s*[[{]/u.test(text)) {
    try {
      const revive: Reviver = (name, value, context) =>
        typeof value === 'number' && /^-?\d{16,400}$/.test(context?.source ?? '') ? exactInteger(file, name, context?.source ?? '') : value;
      return [JSON.parse(text, revive as (this: unknown, name: string, value: unknown) => unknown) as unknown];
    } catch (error) {
      if (error instanceof InputError) throw error;
      // Flow style of YAML looks the same.
    }
  }
  const { parseAllDocuments, visit, isScalar, isPair, isSeq, isMap } = await import('yaml');
  const documents = parseAllDocuments(text, { uniqueKeys: true, merge: true, stringKeys: true, intAsBigInt: true });
  const list: readonly Document[] = Array.isArray(documents) ? documents : [];
  const nameOf = (pair: Pair): string => String(isScalar(pair.key) ? pair.key.value : '?');
  return list
    .map((document) => {
      // A tag that is not known is a warning; what it meant is lost.
      const [error] = [...document.errors, ...document.warnings];
      if (error !== undefined) throw new InputError(`${file}: is neither JSON nor YAML: ${error.message.split('\n')[0] ?? ''}`);
      visit(document, {
        Scalar(key, node, ancestors) {
          const meaning = key === 'key' && !names.keys ? undefined : otherMeaning(node);
          if (meaning === undefined) return;
          const path = ancestors.reduce((done, each, at) => {
            if (isPair(each))
              return at === ancestors.length - 1 && key === 'key' ? done : `${done}${done === '' ? '' : '.'}${nameOf(each)}`;
            const child = ancestors[at + 1] ?? node;
            return isSeq(each) && !isMap(each) ? `${done}[${each.items.indexOf(child)}]` : done;
          }, '');
          const place =
            key === 'key' ? `the key ${String(node.source)}${path === '' ? '' : ` of ${path}`}` : `${path} is ${String(node.source)},`;
          throw new InputError(
            `${file}: ${place} without quotation marks, which kubectl reads as ${meaning} and YAML 1.2 as ${typeof node.value === 'bigint' ? node.value : JSON.stringify(node.value)}; put it in quotation marks`,
          );
        },
      });
      // An alias may be many times as large as the text (a billion laughs).
      return document.toJS({
        maxAliasCount: 100,
        reviver: (name, value: unknown) => {
          if (value instanceof Uint8Array) throw new InputError(`${file}: ${JSON.stringify(String(name))} holds bytes, which JSON has not`);
          return typeof value === 'bigint' ? exactInteger(file, String(name), String(value)) : value;
        },
      }) as unknown;
    })
    .filter((value) => value !== null);
}

/** What kubectl takes an unquoted scalar for where that is not what YAML 1.2 says. */
function otherMeaning(node: Scalar): string | undefined {
  const { source, type } = node;
  if (type !== 'PLAIN' || source === undefined) return undefined;
  if (/^(?:y|Y|yes|Yes|YES|on|On|ON)$/u.test(source)) return 'true';
  if (/^(?:n|N|no|No|NO|off|Off|OFF)$/u.test(source)) return 'false';
  if (/^[-+]?0[0-7]+$/u.test(source)) return `the octal number ${Number.parseInt(source, 8)}`;
  if (/^[-+]?0b[01_]+$/u.test(source)) return `the binary number ${Number.parseInt(source.replace('0b', '').replaceAll('_', ''), 2)}`;
  const plain = source.replaceAll('_', '');
  if (plain !== source && /^[-+]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][-+]?\d+)?$/u.test(plain)) return `the number ${Number(plain)}`;
  return undefined;
}

/** What a reviver of JSON.parse gets besides the types of TypeScript. */
type Reviver = (this: unknown, name: string, value: unknown, context?: { readonly source?: string }) => unknown;

/** A number that would be another one in Redis is refused: neither the publisher nor those who read the value keep more than a double. */
function exactInteger(file: string, name: string, source: string): number {
  const value = Number(source);
  if (!Number.isSafeInteger(value) && (!Number.isFinite(value) || BigInt(value) !== BigInt(source)))
    throw new InputError(
      `${file}: ${name === '' ? 'the number' : JSON.stringify(name)} is ${source.slice(0, 40)}, of which a number holds ${value} alone; write it as a text`,
    );
  return value;
}
