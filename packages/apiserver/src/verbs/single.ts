import type { FaultVerb } from '../faults/fault.ts';
import { notFound, resourceNotFound } from '../status/status-error.ts';
import type { Answer, Context } from './context.ts';
import { getVerb } from './reads/read.ts';
import { scaleVerb } from './subresources/scale.ts';
import { isTokenRequest, tokenVerb } from './subresources/token-request.ts';
import { createVerb } from './writes/create.ts';
import { deleteVerb } from './writes/delete.ts';
import { finalizeVerb } from './writes/finalize.ts';
import { patchVerb } from './writes/patch.ts';
import { updateVerb } from './writes/update.ts';

/**
 * A request for one object or one of its subresources.
 * @throws StatusError 404 for a subresource that the resource does not have
 */
export function singleVerb(verb: FaultVerb, context: Context): Promise<Answer> {
  const { path, resource } = context;
  if (path.subresource === 'finalize' && resource.group === '' && resource.plural === 'namespaces' && verb === 'update')
    return finalizeVerb(context);
  const scale = resource.subresources.scale;
  if (path.subresource === 'scale' && scale !== undefined && (verb === 'get' || verb === 'update' || verb === 'patch'))
    return scaleVerb(context, scale);
  if (verb === 'create' && isTokenRequest(context)) return tokenVerb(context);
  if (path.subresource !== undefined && !(path.subresource === 'status' && resource.subresources.status === true))
    throw resource.builtin === undefined ? notFound(resource, path.name ?? '') : resourceNotFound();
  switch (verb) {
    case 'get':
      return getVerb(context);
    case 'create':
      return createVerb(context);
    case 'update':
      return updateVerb(context);
    case 'patch':
      return patchVerb(context);
    case 'delete':
      return deleteVerb(context);
    case 'list':
    case 'watch':
    case 'deletecollection':
    default:
      throw new Error(`${verb} is not a verb for one object`);
  }
}
