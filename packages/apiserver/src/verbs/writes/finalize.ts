import { isObject } from '@kubecast/crd';
import { badRequest, modified } from '../../status/status-error.ts';
import { parseStored } from '../../storage/stored-object.ts';
import { presentObject } from '../../storage/presenter.ts';
import type { Answer, Context } from '../context.ts';
import { store } from './create.ts';
import { decodeObject } from './decode-object.ts';
import { liveOrNotFound, versionOf } from './update.ts';
import { textOf } from '../../status/text-of.ts';

/** PUT /finalize of a Namespace: spec.finalizers alone; the last one of a deleted namespace takes it away, and leaves its contents. */
export async function finalizeVerb(context: Context): Promise<Answer> {
  const { object } = await decodeObject(context);
  const live = liveOrNotFound(context);
  const metadata = isObject(object['metadata']) ? object['metadata'] : {};
  if (metadata['name'] !== undefined && metadata['name'] !== live.name)
    throw badRequest(`the name of the object (${textOf(metadata['name'])}) does not match the name on the URL (${live.name})`);
  const asked = versionOf(metadata['resourceVersion']);
  if (asked !== 0 && asked !== live.revision) throw modified(context.resource, live.name);
  const finalizers = isObject(object['spec']) && Array.isArray(object['spec']['finalizers']) ? object['spec']['finalizers'] : [];
  const next = presentObject(context.kind, context.resource, live);
  next['spec'] = finalizers.length === 0 ? {} : { finalizers };
  const others = (next['metadata'] as Record<string, unknown>)['finalizers'];
  if (live.terminating && finalizers.length === 0 && (!Array.isArray(others) || others.length === 0)) {
    context.core.storage.remove(context.kind.table.id, parseStored(live), live.version);
    return { code: 200, object: next };
  }
  return { code: 200, stored: store(context, next) };
}
