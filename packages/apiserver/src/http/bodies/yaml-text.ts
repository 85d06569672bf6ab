import { isNode, isScalar, LineCounter, parseAllDocuments, visit, type Document } from 'yaml';

export class YamlTextError extends Error {}

/** The text of a YAML stream by its byte order mark, as Go's parser reads it: UTF-16 with one, else UTF-8. The mark is no part of the text. */
export function yamlText(bytes: Buffer): string {
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return new TextDecoder('utf-16le').decode(bytes);
  if (bytes[0] === 0xfe && bytes[1] === 0xff) return new TextDecoder('utf-16be').decode(bytes);
  return new TextDecoder().decode(bytes);
}

/**
 * The first document of a YAML stream, by the rules of YAML 1.1 that the API server follows: `y`, `on` and `no` are
 * booleans, as names too; `017` and `1_000` are integers; dates stay text.
 * @throws YamlTextError
 */
export function parseKubeYaml(text: string): { readonly value: unknown; readonly duplicates: readonly string[] } {
  const lines = new LineCounter();
  const documents = parseAllDocuments(text, {
    version: '1.1',
    schema: 'yaml-1.1',
    merge: true,
    uniqueKeys: false,
    prettyErrors: true,
    lineCounter: lines,
    customTags: (tags) => tags.filter((tag) => typeof tag === 'string' || !/timestamp|set$|omap|pairs|binary/.test(tag.tag)),
  });
  const first = (Array.isArray(documents) ? documents[0] : undefined) as Document | undefined;
  if (first === undefined) return { value: null, duplicates: [] };
  const error = first.errors[0];
  if (error !== undefined) {
    const line = error.linePos?.[0].line;
    throw new YamlTextError(
      `yaml: ${line === undefined ? '' : `line ${line}: `}${error.message.split('\n')[0]?.replace(/ at line \d+, column \d+:?$/, '') ?? ''}`,
    );
  }
  const cycle = selfContaining(first);
  if (cycle !== undefined) throw new YamlTextError(`yaml: anchor '${cycle}' value contains itself`);
  // Through JSON, so that what YAML alone can say (aliases shared, infinities) is plain data afterwards.
  return { value: JSON.parse(JSON.stringify(first.toJS({ maxAliasCount: 1000 }) ?? null)), duplicates: duplicateKeys(first, lines) };
}

/** The anchor of a value that an alias within the value refers to. */
function selfContaining(document: Document): string | undefined {
  let found: string | undefined;
  visit(document, {
    Alias(_, alias, path) {
      if (!path.some((node) => isNode(node) && 'anchor' in node && node.anchor === alias.source)) return undefined;
      found = alias.source;
      return visit.BREAK;
    },
  });
  return found;
}

/** The names that stand twice in one map, as the decoder tells them. */
function duplicateKeys(document: Document, lines: LineCounter): string[] {
  const found: string[] = [];
  visit(document, {
    Map(_, map) {
      const seen = new Set<unknown>();
      for (const { key } of map.items) {
        if (!isScalar(key)) continue;
        if (seen.has(key.value))
          found.push(`line ${lines.linePos(key.range?.[0] ?? 0).line}: key ${JSON.stringify(key.value)} already set in map`);
        seen.add(key.value);
      }
    },
  });
  return found;
}
