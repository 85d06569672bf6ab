import { readdir, readFile, stat } from 'node:fs/promises';
import { basename, extname, join } from 'node:path';
import { appModel, isObject, type AppModel, type JsonObject } from '@kubecast/crd';
import { InputError } from '../errors.ts';
import { parseText } from './parse-text.ts';

/** What a file holds for `publish`. */
export interface ReadAppModels {
  readonly objects: readonly AppModel[];
  /** Other objects in it, which are not published, in words: a Namespace that stands before its AppModels, say. */
  readonly others: readonly string[];
}

/**
 * The AppModels of a file as kubectl reads it: YAML documents or JSON, Lists and AppModelLists taken apart; `-`: standard input. @throws InputError
 * naming file, document and item
 */
export async function readAppModels(file: string): Promise<ReadAppModels> {
  const text = file === '-' ? await readStdin() : await readText(file);
  const documents = await parseText(file, text, { keys: true });
  const found = documents.flatMap((document, index) =>
    takeApart(document, documents.length === 1 ? file : `${file}, document ${index + 1}`),
  );
  const objects: AppModel[] = [];
  const others: string[] = [];
  for (const { object, where } of found) {
    const { kind, apiVersion, metadata } = object;
    if (typeof kind !== 'string' || kind === '' || typeof apiVersion !== 'string' || apiVersion === '')
      throw new InputError(`${where}: has no kind and apiVersion, must be AppModel of ${ours}`);
    if (kind === appModel.kind && apiVersion === ours) {
      if (!isObject(metadata)) throw new InputError(`${where}: has no metadata`);
      objects.push(object as unknown as AppModel);
    } else if (kind === appModel.kind || apiVersion.startsWith(`${appModel.group}/`)) {
      throw new InputError(`${where}: is ${JSON.stringify(kind)} of ${JSON.stringify(apiVersion)}, must be AppModel of ${ours}`);
    } else {
      const name = isObject(metadata) ? metadata['name'] : undefined;
      others.push(`${where}: ${kind} ${typeof name === 'string' ? JSON.stringify(name) : 'without name'}`);
    }
  }
  if (objects.length === 0)
    throw new InputError(
      `${file}: there is no AppModel of ${ours} in it${others.length === 0 ? '' : `, only ${others.map((each) => each.slice(each.indexOf(': ') + 2)).join(', ')}`}`,
    );
  return { objects, others };
}

const ours = `${appModel.group}/${appModel.version}`;

/** The objects of one document: itself, or the items of a list. Items of an AppModelList may leave out what the list says. */
function takeApart(document: unknown, where: string): readonly { readonly object: JsonObject; readonly where: string }[] {
  if (!isObject(document)) throw new InputError(`${where}: is no object`);
  const { kind, apiVersion, items } = document;
  const isOurs = kind === `${appModel.kind}List` && apiVersion === ours;
  if (!isOurs && !(kind === 'List' && apiVersion === 'v1')) return [{ object: document, where }];
  if (!Array.isArray(items)) throw new InputError(`${where}: is a list without items`);
  return items.flatMap((item, index) => {
    const place = `${where}, item ${index + 1}`;
    const whole = isOurs && isObject(item) ? { kind: appModel.kind, apiVersion: ours, ...item } : item;
    return takeApart(whole, place);
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
  const documents = await parseText(file, await readText(file), { keys: false });
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

function unreadable(path: string, error: unknown): InputError {
  const code = (error as NodeJS.ErrnoException).code;
  return new InputError(
    `${path}: ${code === 'ENOENT' ? 'there is no such file' : code === 'EACCES' ? 'may not be read' : code === 'EISDIR' ? 'is a folder' : `cannot be read (${code ?? String(error)})`}`,
    { cause: error },
  );
}
