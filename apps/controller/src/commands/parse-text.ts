import type { Document, Pair, Scalar } from 'yaml';
import { InputError } from '../errors.ts';

/**
 * The documents of a text in JSON or YAML, as kubectl reads them: with merge keys (`<<`), without empty documents. What stands there unquoted and means
 * one thing to kubectl (YAML 1.1) and another by YAML 1.2 is refused.
 *
 * @param names.keys whether that holds for the keys of maps too.
 * @throws InputError
 */
export async function parseText(file: string, text: string, names: { readonly keys: boolean }): Promise<readonly unknown[]> {
  // JSON first: it is faster, and keeps names such as __proto__ as they are.
  if (/^\s*[[{]/u.test(text)) {
    try {
      return [JSON.parse(text) as unknown];
    } catch {
      // Flow style of YAML looks the same.
    }
  }
  const { parseAllDocuments, visit, isScalar, isPair, isSeq, isMap } = await import('yaml');
  const documents = parseAllDocuments(text, { uniqueKeys: true, merge: true });
  const list: readonly Document[] = Array.isArray(documents) ? documents : [];
  const nameOf = (pair: Pair): string => String(isScalar(pair.key) ? pair.key.value : '?');
  return list
    .map((document) => {
      const [error] = document.errors;
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
            `${file}: ${place} without quotation marks, which kubectl reads as ${meaning} and YAML 1.2 as ${JSON.stringify(node.value)}; put it in quotation marks`,
          );
        },
      });
      // An alias may be many times as large as the text (a billion laughs).
      return document.toJS({ maxAliasCount: 100 }) as unknown;
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
