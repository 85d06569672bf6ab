import { badRequest } from '../../status/status-error.ts';
import { presentObject } from '../../storage/presenter.ts';
import {
  bookmarkTable,
  partialList,
  partialObject,
  toTable,
  watchTable,
  type IncludeObject,
  type TableOptions,
} from '../../table/index.ts';
import type { Context } from '../../verbs/context.ts';
import type { ListPage } from '../../verbs/reads/list.ts';
import type { KubeObject } from '../../served-resource.ts';
import type { Negotiated } from '../bodies/negotiation.ts';
import { listMetadata } from './write-list.ts';
import type { WatchResponseOptions } from './write-watch.ts';

/** @throws StatusError 400 for an includeObject that is none */
export function tableOptions(context: Context, negotiated: Negotiated): TableOptions {
  const include = context.query.get('includeObject') ?? '';
  if (!['', 'Metadata', 'None', 'Object'].includes(include)) {
    throw badRequest(
      `Unable to convert to Table as requested: includeObject: Invalid value: ${JSON.stringify(include)}: must be 'Metadata', 'Object', 'None', or empty`,
    );
  }
  return {
    includeObject: (include === '' ? 'Metadata' : include) as IncludeObject,
    now: context.core.clock.wall(),
    version: negotiated.asVersion ?? 'v1',
  };
}

/** One object in the form that was asked for. */
export function showObject(context: Context, object: KubeObject, negotiated: Negotiated): KubeObject {
  if (negotiated.as === undefined) return object;
  const metadata = object['metadata'] as Record<string, unknown>;
  if (negotiated.as === 'Table')
    return toTable(context.resource, [object], { resourceVersion: metadata['resourceVersion'] }, tableOptions(context, negotiated));
  return partialObject(object, negotiated.asVersion ?? 'v1');
}

/** A list in the form that was asked for. */
export function showList(context: Context, page: ListPage, negotiated: Negotiated): KubeObject {
  const objects = page.objects.map((stored) => presentObject(context.kind, context.resource, stored));
  const { resourceVersion, continue: token, remainingItemCount } = listMetadata(context, page);
  const metadata = {
    resourceVersion,
    ...(token === undefined || token === '' ? {} : { continue: token }),
    ...(remainingItemCount === undefined ? {} : { remainingItemCount }),
  };
  if (negotiated.as === 'Table') return toTable(context.resource, objects, metadata, tableOptions(context, negotiated));
  return partialList(objects, metadata, negotiated.asVersion ?? 'v1');
}

/** How the events of a watch are shown. */
export function showEvents(context: Context, negotiated: Negotiated): Pick<WatchResponseOptions, 'transform' | 'transformBookmark'> {
  if (negotiated.as === undefined) return {};
  const { kind, resource } = context;
  if (negotiated.as === 'Table') {
    tableOptions(context, negotiated);
    return {
      transform: (stored, first) => watchTable(resource, presentObject(kind, resource, stored), first, tableOptions(context, negotiated)),
      transformBookmark: (bookmark, first) => bookmarkTable(resource, bookmark, first, tableOptions(context, negotiated)),
    };
  }
  const version = negotiated.asVersion ?? 'v1';
  return {
    transform: (stored) => partialObject(presentObject(kind, resource, stored), version),
    transformBookmark: (bookmark) => partialObject(bookmark, version),
  };
}
