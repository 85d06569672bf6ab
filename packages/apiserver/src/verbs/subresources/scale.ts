import { getOwn, isObject, setOwn } from '@kubecast/crd';
import { mediaType } from '../../http/bodies/body.ts';
import { jsonPatch, type JsonPatchOperation } from '../../patch/json-patch.ts';
import { mergePatch } from '../../patch/merge-patch.ts';
import type { KubeObject } from '../../served-resource.ts';
import { badRequest, invalid, StatusError } from '../../status/status-error.ts';
import { presentObject } from '../../storage/presenter.ts';
import type { StoredObject } from '../../storage/stored-object.ts';
import { header, type Answer, type Context } from '../context.ts';
import { trackUpdated } from '../writes/track.ts';
import { replicaErrors, type ScalePaths } from './scale-errors.ts';
import { liveOrNotFound, updateObject } from '../writes/update.ts';
import { writeOptions } from '../writes/write-options.ts';

/** GET, PUT and PATCH of /scale: the replicas of a custom resource as a Scale (autoscaling/v1). */
export async function scaleVerb(context: Context, paths: ScalePaths): Promise<Answer> {
  if (context.method === 'GET' || context.method === 'HEAD') return { code: 200, other: scaleOf(context, liveOrNotFound(context), paths) };
  const patching = context.method === 'PATCH';
  const options = writeOptions(context, patching ? 'PatchOptions' : 'UpdateOptions');
  const body = await context.body();
  const live = liveOrNotFound(context);
  const wanted = patching ? patchScale(context, scaleOf(context, live, paths), body) : parse(body);
  const replicas = isObject(wanted['spec']) ? getOwn(wanted['spec'], 'replicas') : undefined;
  const next = presentObject(context.kind, context.resource, live);
  set(next, paths.specReplicasPath, replicas ?? 0);
  const metadata = next['metadata'] as Record<string, unknown>;
  const version = isObject(wanted['metadata']) ? wanted['metadata']['resourceVersion'] : undefined;
  metadata['resourceVersion'] = version ?? '';
  const errors = replicaErrors(replicas, paths);
  if (errors.length > 0) throw invalid(context.resource, live.name, errors);
  const inner = { ...context, path: { ...context.path, subresource: undefined } };
  const answer = updateObject(inner, live, next, options, (old, changed) => trackUpdated(context, old, changed, options.manager));
  const after = 'stored' in answer ? answer.stored : live;
  return { code: 200, other: scaleOf(context, after, paths) };
}

function parse(body: Buffer): KubeObject {
  const value: unknown = safeJson(body);
  if (!isObject(value)) throw badRequest('the object provided is unrecognized (must be of type Scale)');
  return value;
}

function safeJson(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString('utf8'));
  } catch {
    return undefined;
  }
}

function patchScale(context: Context, scale: KubeObject, body: Buffer): KubeObject {
  const patch: unknown = safeJson(body);
  if (patch === undefined) throw badRequest('error decoding patch: unexpected end of JSON input');
  const type = mediaType(header(context, 'content-type'));
  const next =
    type === 'application/json-patch+json' && Array.isArray(patch)
      ? jsonPatch(scale, patch as JsonPatchOperation[])
      : mergePatch(scale, patch);
  return next as KubeObject;
}

function scaleOf(context: Context, stored: StoredObject, paths: ScalePaths): KubeObject {
  const object = presentObject(context.kind, context.resource, stored);
  const replicas = get(object, paths.specReplicasPath);
  if (replicas === undefined) {
    const message = `the spec replicas field "${paths.specReplicasPath}" does not exist`;
    throw new StatusError(500, 'InternalError', `Internal error occurred: ${message}`, { causes: [{ message }] });
  }
  const metadata = object['metadata'] as Record<string, unknown>;
  const selector = paths.labelSelectorPath === undefined ? undefined : get(object, paths.labelSelectorPath);
  return {
    kind: 'Scale',
    apiVersion: 'autoscaling/v1',
    metadata: Object.fromEntries(
      ['name', 'namespace', 'uid', 'resourceVersion', 'creationTimestamp']
        .filter((name) => metadata[name] !== undefined)
        .map((name) => [name, metadata[name]]),
    ),
    spec: { replicas },
    status: { replicas: get(object, paths.statusReplicasPath) ?? 0, ...(selector === undefined ? {} : { selector }) },
  };
}

/** `.spec.replicas`: names only, as CRDs allow it here. */
function get(object: unknown, path: string): unknown {
  let value = object;
  for (const name of path.split('.').slice(1)) {
    if (!isObject(value)) return undefined;
    value = getOwn(value, name);
  }
  return value;
}

function set(object: KubeObject, path: string, value: unknown): void {
  const names = path.split('.').slice(1);
  let place = object;
  for (const name of names.slice(0, -1)) {
    const inner = getOwn(place, name);
    const next = isObject(inner) ? inner : {};
    setOwn(place, name, next);
    place = next;
  }
  setOwn(place, names.at(-1) as string, value);
}
