import { readdir, readFile, stat } from 'node:fs/promises';
import { basename, extname, join } from 'node:path';
import { appModel, isObject, type AppModel, type JsonObject } from '@kubecast/crd';
import { InputError } from '../errors.ts';

/** The AppModels of a file with YAML documents or JSON; `-`: standard input. @throws InputError naming file and document */
export async function readAppModels(file: string): Promise<readonly AppModel[]> {
  const documents = await parse(file, file === '-' ? await readStdin() : await readText(file));
  if (documents.length === 0) throw new InputError(`${file}: there is no AppModel in it`);
  return documents.map((document, index) => {
    const where = documents.length === 1 ? file : `${file}, document ${index + 1}`;
    if (!isObject(document)) throw new InputError(`${where}: is no object`);
    if (document['kind'] !== appModel.kind || document['apiVersion'] !== `${appModel.group}/${appModel.version}`) {
      throw new InputError(
        `${where}: is ${JSON.stringify(document['kind'] ?? null)} of ${JSON.stringify(document['apiVersion'] ?? null)}, must be AppModel of iidp.com/v1`,
      );
    }
    if (!isObject(document['metadata'])) throw new InputError(`${where}: has no metadata`);
    return document as unknown as AppModel;
  });
}

/**
 * Model to metadata, from files that map models and from folders with one file MODEL.json a model. Of several paths a later one wins; within a folder
 * two files for one model are refused.
 * @throws InputError
 */
export async function readMetadata(paths: readonly string[]): Promise<ReadonlyMap<string, unknown>> {
  const found = new Map<string, unknown>();
  for (const path of paths) {
    const info = await stat(path).catch((error: unknown) => {
      throw unreadable(path, error);
    });
    if (info.isDirectory()) {
      const here = new Map<string, string>();
      for (const name of (await readdir(path)).sort()) {
        if (!['.json', '.yaml', '.yml'].includes(extname(name))) continue;
        const model = basename(name, extname(name));
        const other = here.get(model);
        if (other !== undefined)
          throw new InputError(`${path}: ${other} and ${name} are both for the model ${JSON.stringify(model)}; keep one`);
        here.set(model, name);
        found.set(model, await readOne(join(path, name)));
      }
    } else {
      const value = await readOne(path);
      if (!isObject(value)) throw new InputError(`${path}: must be an object that maps each model to its metadata`);
      for (const model of Object.keys(value)) found.set(model, (value as JsonObject)[model]);
    }
  }
  return found;
}

/** The one document of a file of metadata. */
async function readOne(file: string): Promise<unknown> {
  const documents = await parse(file, await readText(file));
  if (documents.length === 1) return documents[0];
  throw new InputError(documents.length === 0 ? `${file}: is empty` : `${file}: holds ${documents.length} documents; metadata is one`);
}

async function readText(file: string): Promise<string> {
  let bytes: Buffer;
  try {
    bytes = await readFile(file);
  } catch (error) {
    throw unreadable(file, error);
  }
  return textOf(file, bytes);
}

/** Without the mark of UTF-8. */
function textOf(file: string, bytes: Buffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw new InputError(`${file}: is no text in UTF-8`);
  }
}

async function readStdin(): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of process.stdin) chunks.push(chunk as Buffer);
  return textOf('-', Buffer.concat(chunks));
}

/** A number that would be another one in Redis is refused: neither the publisher nor those who read the value keep more than a double. */
function exactInteger(file: string, name: string, source: string): number {
  const value = Number(source);
  if (!Number.isSafeInteger(value) && (!Number.isFinite(value) || BigInt(value) !== BigInt(source)))
    throw new InputError(
      `${file}: ${name === '' ? 'the number' : JSON.stringify(name)} is ${source.slice(0, 40)}, of which a number holds ${value} alone; write it as a text`,
    );
  return value;
}

/** What a reviver of JSON.parse gets besides the types of TypeScript. */
type Reviver = (this: unknown, name: string, value: unknown, context?: { readonly source?: string }) => unknown;

async function parse(file: string, text: string): Promise<readonly unknown[]> {
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
  const { parseAllDocuments } = await import('yaml');
  const documents = parseAllDocuments(text, { uniqueKeys: true, stringKeys: true, intAsBigInt: true });
  const list = Array.isArray(documents) ? documents : [];
  return list
    .map((document) => {
      // A tag that is not known is a warning; what it meant is lost.
      const [error] = [...document.errors, ...document.warnings];
      if (error !== undefined) throw new InputError(`${file}: is neither JSON nor YAML: ${error.message.split('\n')[0] ?? ''}`);
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

function unreadable(path: string, error: unknown): InputError {
  const code = (error as NodeJS.ErrnoException).code;
  return new InputError(
    `${path}: ${code === 'ENOENT' ? 'there is no such file' : code === 'EACCES' ? 'may not be read' : code === 'EISDIR' ? 'is a folder' : `cannot be read (${code ?? String(error)})`}`,
    { cause: error },
  );
}
