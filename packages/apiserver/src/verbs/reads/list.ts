import { selectionOf, type Selection } from '../../selectors/selection.ts';
import { badRequest, expired } from '../../status/status-error.ts';
import type { StoredObject } from '../../storage/stored-object.ts';
import { parseContinue, formatContinue } from './continue-token.ts';
import type { Context } from '../context.ts';
import { listOptions, type ListOptions } from './list-options.ts';
import { uint64Problem, waitForVersion } from './read.ts';
import { requireStorage } from './storage-ready.ts';

/** One page of a list: the objects are fixed, whatever is written while they are sent. */
export interface ListPage {
  readonly objects: readonly StoredObject[];
  readonly revision: number;
  /** '' on the last page. */
  readonly continueToken: string;
  /** Undefined where a selector narrows the list, and on the last page. */
  readonly remaining: number | undefined;
}

const tokenExpired =
  'The provided continue parameter is too old to display a consistent list result. You can start a new list without the continue parameter, or use the continue token in this response to retrieve the remainder of the results. Continuing with the provided token results in an inconsistent list - objects that were created, modified, or deleted between the time the first chunk was returned and now may show up in the list.';

/** `behind`: a fault has the list show the state so many revisions ago. */
export async function listVerb(context: Context, behind = 0): Promise<ListPage> {
  const options = listOptions(context);
  const selection = selectionOf(context);
  requireStorage(context);
  if (behind > 0) {
    const revision = Math.max(context.core.storage.revision - behind, context.kind.table.history.floor);
    return cut(context.kind.table.asOf(revision, selection.prefix) ?? [], revision, options.limit, selection);
  }
  return page(context, options, selection);
}

async function page(context: Context, options: ListOptions, selection: Selection): Promise<ListPage> {
  const { storage } = context.core;
  const table = context.kind.table;
  if (options.continueToken !== '') {
    const token = parseContinue(options.continueToken);
    const from = selection.prefix + token.start;
    if (token.revision < 0) return cut(table.current(selection.prefix, from), storage.revision, options.limit, selection);
    if (token.revision > storage.revision) await waitForVersion(context, token.revision);
    const objects = table.asOf(token.revision, selection.prefix, from);
    if (objects === undefined) throw expired(tokenExpired, formatContinue({ revision: -1, start: token.start }));
    return cut(objects, token.revision, options.limit, selection);
  }
  const version = listVersion(options.resourceVersion);
  if (version > storage.revision) await waitForVersion(context, version);
  const exact = options.match === 'Exact' || (options.match === '' && version > 0 && options.limit > 0);
  if (exact) {
    const objects = table.asOf(version, selection.prefix);
    if (objects === undefined) throw expired('The resourceVersion for the provided list is too old.');
    return cut(objects, version, options.limit, selection);
  }
  // From the cache a limit is ignored.
  const limit = options.resourceVersion !== '' && version === 0 ? 0 : options.limit;
  return cut(table.current(selection.prefix), storage.revision, limit, selection);
}

function listVersion(text: string): number {
  if (text === '') return 0;
  const problem = uint64Problem(text);
  if (problem !== undefined)
    throw badRequest(`invalid resource version: resourceVersion: Invalid value: ${JSON.stringify(text)}: ${problem}`);
  return Number(text);
}

function cut(candidates: readonly StoredObject[], revision: number, limit: number, selection: Selection): ListPage {
  if (limit === 0)
    return {
      objects: selection.narrowed ? candidates.filter((object) => selection.matches(object)) : candidates,
      revision,
      continueToken: '',
      remaining: undefined,
    };
  const objects: StoredObject[] = [];
  for (const [index, object] of candidates.entries()) {
    if (!selection.matches(object)) continue;
    objects.push(object);
    if (objects.length < limit) continue;
    const left = candidates.length - index - 1;
    if (left === 0) break;
    const start = `${object.key.slice(selection.prefix.length)}\u0000`;
    return {
      objects,
      revision,
      continueToken: formatContinue({ revision, start: `/${start}` }),
      remaining: selection.narrowed ? undefined : left,
    };
  }
  return { objects, revision, continueToken: '', remaining: undefined };
}
