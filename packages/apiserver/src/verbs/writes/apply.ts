import { copyJson, defaultObject, invalidError } from '@kubecast/crd';
import { applyPatch, type ApplyResult } from '../../apply/index.ts';
import type { KubeObject } from '../../served-resource.ts';
import { badRequest, conflict, invalid, notFound } from '../../status/status-error.ts';
import { presentObject } from '../../storage/presenter.ts';
import type { StoredObject } from '../../storage/stored-object.ts';
import type { Answer, Context } from '../context.ts';
import { checkNamespace, createObject } from './create.ts';
import { checkBuiltinTypes, metadataOf } from './field-validation.ts';
import { writeOf } from './track.ts';
import { liveObject, twice, updateObject } from './update.ts';
import type { WriteOptions } from './write-options.ts';
import { textOf } from '../../status/text-of.ts';

/** PATCH with application/apply-patch+yaml: creates or changes the object, and books who owns what. */
export function applyVerb(context: Context, patch: unknown, options: WriteOptions): Answer {
  const live = liveObject(context);
  if (live === undefined && context.path.subresource !== undefined) throw notFound(context.resource, context.path.name ?? '');
  const old = live === undefined ? undefined : presentObject(context.kind, context.resource, live);
  const result = applyPatch({ ...writeOf(context, options.manager), live: old, patch, force: options.force });
  const object = result.object;
  const metadata = metadataOf(context, object);
  checkIdentity(context, live, metadata);
  checkNamespace(context, metadata);
  delete metadata['managedFields'];
  defaultObject(context.resource.schema, object);
  checkBuiltinTypes(context, object);
  if (live === undefined) {
    delete metadata['resourceVersion'];
    return createObject(context, object, options, (created) => book(created, result));
  }
  return updateObject(context, live, object, options, (_old, next) => book(next, result));
}

/** Sets the managers that the apply came to; time and order are its own. */
function book(object: KubeObject, result: ApplyResult): void {
  const metadata = object['metadata'] as Record<string, unknown>;
  if (result.managedFields === undefined) delete metadata['managedFields'];
  else metadata['managedFields'] = copyJson(result.managedFields);
}

function checkIdentity(context: Context, live: StoredObject | undefined, metadata: Record<string, unknown>): void {
  const asked = context.path.name ?? '';
  const name = metadata['name'];
  if (name === undefined || name === '')
    throw badRequest(`the name of the object (${asked} based on URL) was undeterminable: name must be provided`);
  if (name !== asked) throw badRequest(`the name of the object (${textOf(name)}) does not match the name on the URL (${asked})`);
  const uid = metadata['uid'];
  if (typeof uid !== 'string' || uid === '') return;
  if (live === undefined)
    throw conflict(context.resource, asked, `uid mismatch: the provided object specified uid ${uid}, and no existing object was found`);
  if (uid !== live.uid) throw invalid(context.resource, asked, twice(context, [invalidError('metadata.uid', uid, 'field is immutable')]));
}
