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

/** The metadata of each model, from files that map models to metadata and from folders with a file MODEL.json for each. A later path wins. @throws InputError */
export async function readMetadata(paths: readonly string[]): Promise<ReadonlyMap<string, unknown>> {
  const found = new Map<string, unknown>();
  for (const path of paths) {
    const info = await stat(path).catch((error: unknown) => {
      throw unreadable(path, error);
    });
    if (info.isDirectory()) {
      for (const name of (await readdir(path)).sort()) {
        if (!['.json', '.yaml', '.yml'].includes(extname(name))) continue;
        const [value] = await parse(join(path, name), await readText(join(path, name)));
        found.set(basename(name, extname(name)), value);
      }
    } else {
      const [value] = await parse(path, await readText(path));
      if (!isObject(value)) throw new InputError(`${path}: must be an object that maps each model to its metadata`);
      for (const model of Object.keys(value)) found.set(model, (value as JsonObject)[model]);
    }
  }
  return found;
}

async function readText(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    throw unreadable(file, error);
  }
}

async function readStdin(): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of process.stdin) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('utf8');
}

async function parse(file: string, text: string): Promise<readonly unknown[]> {
  // JSON first: it is faster, and keeps names such as __proto__ as they are.
  if (/^\s*[[{]/u.test(text)) {
    try {
      return [JSON.parse(text) as unknown];
    } catch {
      // YAML in flow style begins alike.
    }
  }
  const { parseAllDocuments } = await import('yaml');
  const documents = parseAllDocuments(text, { uniqueKeys: true });
  const list = Array.isArray(documents) ? documents : [];
  return list
    .map((document) => {
      const [error] = document.errors;
      if (error !== undefined) throw new InputError(`${file}: is neither JSON nor YAML: ${error.message.split('\n')[0] ?? ''}`);
      // An alias may be many times as large as the text (a billion laughs).
      return document.toJS({ maxAliasCount: 100 }) as unknown;
    })
    .filter((value) => value !== null);
}

function unreadable(path: string, error: unknown): InputError {
  const code = (error as NodeJS.ErrnoException).code;
  return new InputError(
    `${path}: ${code === 'ENOENT' ? 'there is no such file' : code === 'EACCES' ? 'may not be read' : `cannot be read (${code ?? String(error)})`}`,
    { cause: error },
  );
}
