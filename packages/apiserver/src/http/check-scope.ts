import { methodNotAllowed, notFound, pageNotFound, resourceNotFound, StatusError } from '../status/status-error.ts';
import type { Context } from '../verbs/context.ts';
import { isTokenRequest } from '../verbs/subresources/token-request.ts';

/** Wrong scopes and methods that a path does not have. */
export function checkScope(context: Context, method: string): void {
  const { path, resource } = context;
  const builtin = resource.builtin !== undefined;
  const unknown = (): Error => (builtin ? resourceNotFound() : pageNotFound());
  if (path.longer) throw builtin ? resourceNotFound() : notFound(resource, path.name ?? '');
  if (resource.scope === 'Cluster' && path.namespace !== undefined) throw unknown();
  if (resource.scope === 'Namespaced' && path.namespace === undefined) {
    if (path.name !== undefined && !path.watch) throw unknown();
    if (method === 'POST' || method === 'DELETE') throw builtin ? methodNotAllowed() : pageNotFound();
  }
  if (path.name === undefined && (method === 'PUT' || method === 'PATCH')) {
    if (builtin) throw methodNotAllowed();
    throw new StatusError(400, 'BadRequest', 'name must be provided');
  }
  if (builtin && path.name !== undefined && path.subresource === undefined && method === 'POST') throw methodNotAllowed();
  if (isTokenRequest(context) && method !== 'POST') throw methodNotAllowed();
  if (builtin && method === 'HEAD') throw methodNotAllowed();
  if (
    ((path.subresource === 'status' && resource.subresources.status === true) ||
      (path.subresource === 'scale' && resource.subresources.scale !== undefined)) &&
    (method === 'POST' || method === 'DELETE')
  ) {
    throw builtin
      ? methodNotAllowed()
      : methodNotAllowed(
          `${method === 'POST' ? 'create' : 'delete'} is not supported on resources of kind "${resource.plural}.${resource.group}"`,
        );
  }
  if (method === 'DELETE' && path.name === undefined && builtin && !resource.verbs.includes('deletecollection')) throw methodNotAllowed();
}

export function unknownMethod({ resource }: Context): Error {
  return resource.builtin !== undefined
    ? methodNotAllowed()
    : methodNotAllowed(` is not supported on resources of kind "${resource.plural}.${resource.group}"`, {
        group: resource.group,
        kind: resource.plural,
      });
}
