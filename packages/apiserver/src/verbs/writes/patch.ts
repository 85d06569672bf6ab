import { dropNulls, defaultObject, invalidError, isObject, type FieldError } from '@kubecast/crd';
import { typedRoot } from '../../apply/index.ts';
import { mediaType } from '../../http/bodies/body.ts';
import { GoJsonError, parseGoJson } from '../../http/bodies/go-json.ts';
import { parseKubeYaml, yamlText, YamlTextError } from '../../http/bodies/yaml-text.ts';
import { jsonPatch, JsonPatchError, type JsonPatchOperation } from '../../patch/json-patch.ts';
import { mergePatch } from '../../patch/merge-patch.ts';
import { strategicMergePatch, StrategicPatchError } from '../../patch/strategic-merge-patch.ts';
import type { KubeObject } from '../../served-resource.ts';
import { badRequest, invalid, invalidNamed, StatusError, unsupportedMediaType } from '../../status/status-error.ts';
import { apiVersion, presentObject } from '../../storage/presenter.ts';
import type { StoredObject } from '../../storage/stored-object.ts';
import { applyVerb } from './apply.ts';
import { header, type Answer, type Context } from '../context.ts';
import { checkBuiltinTypes, metadataOf, pruneUnknown } from './field-validation.ts';
import { decodeNullItems } from '../../builtin/types/null-items.ts';
import { trackUpdated } from './track.ts';
import { liveOrNotFound, twice, updateObject } from './update.ts';
import { writeOptions, type WriteOptions } from './write-options.ts';
import { goText } from '../../status/go-text.ts';
import { textOf } from '../../status/text-of.ts';

const operationLimit = 10_000;

/** PATCH of an object, of its status too. */
export async function patchVerb(context: Context): Promise<Answer> {
  const type = mediaType(header(context, 'content-type'));
  checkType(context, type);
  const body = await context.body();
  const options = writeOptions(context, 'PatchOptions', type === 'application/apply-patch+yaml');
  const patch = parsePatch(type, body);
  if (type === 'application/apply-patch+yaml') return applyVerb(context, patch, options);
  const live = liveOrNotFound(context);
  const next = patched(context, live, type, patch);
  // What is shown of a strategic patch that is refused is the patch, of another one the whole object.
  const shown = (): string => (type === 'application/strategic-merge-patch+json' ? goText(patch) : wholeText(context, next));
  return updatePatched(context, live, next, options, shown);
}

function checkType(context: Context, type: string): void {
  const builtin = context.resource.builtin !== undefined;
  const known = [
    'application/json-patch+json',
    'application/merge-patch+json',
    ...(builtin ? ['application/strategic-merge-patch+json'] : []),
    'application/apply-patch+yaml',
  ];
  if (known.includes(type)) return;
  if (builtin) throw unsupportedMediaType('415: Unsupported Media Type', {});
  throw unsupportedMediaType(`the body of the request was in an unknown format - accepted media types include: ${known.join(', ')}`);
}

/** What the server puts before an error of Go's decoder: nothing where the patch is strategic. */
function decoding(type: string): string {
  return type === 'application/strategic-merge-patch+json' ? '' : 'error decoding patch: ';
}

function parsePatch(type: string, body: Buffer): unknown {
  try {
    if (type === 'application/apply-patch+yaml') return appliedYaml(body);
    return parseGoJson(body.toString('utf8')).value;
  } catch (error) {
    if (error instanceof GoJsonError) throw badRequest(`${decoding(type)}${error.message}`);
    if (error instanceof YamlTextError) throw badRequest(`error decoding YAML: error converting YAML to JSON: ${error.message}`);
    throw error;
  }
}

/** Go decodes a null into a map without names. */
function appliedYaml(body: Buffer): unknown {
  const { value } = parseKubeYaml(yamlText(body));
  if (value === null || isObject(value)) return value;
  throw badRequest(
    `error decoding YAML: error unmarshaling JSON: while decoding JSON: json: cannot unmarshal ${jsonTypeName(value)} into Go value of type map[string]interface {}`,
  );
}

function patched(context: Context, live: StoredObject, type: string, patch: unknown): KubeObject {
  const object = presentObject(context.kind, context.resource, live);
  if (type === 'application/json-patch+json') return jsonPatched(object, patch);
  if (patch === null) {
    // Go decodes a null into a map without members, which changes nothing.
    if (type === 'application/strategic-merge-patch+json') return object;
    throw badRequest('Invalid JSON Patch');
  }
  if (!isObject(patch))
    throw badRequest(
      `${decoding(type)}json: cannot unmarshal ${Array.isArray(patch) ? 'array' : typeof patch} into Go value of type map[string]interface {}`,
    );
  if (type === 'application/strategic-merge-patch+json') return strategicallyPatched(context, object, patch);
  return mergePatch(object, patch) as KubeObject;
}

function strategicallyPatched(context: Context, object: KubeObject, patch: KubeObject): KubeObject {
  try {
    return strategicMergePatch(typedRoot(context.resource), object, patch);
  } catch (error) {
    if (error instanceof StrategicPatchError) throw badRequest(error.message);
    throw error;
  }
}

function jsonPatched(object: KubeObject, patch: unknown): KubeObject {
  // Go decodes a null into a list without elements, and a null element into an operation without fields.
  const operations = patch ?? [];
  const undecodable = (value: unknown, type: string): StatusError =>
    badRequest(`error decoding patch: json: cannot unmarshal ${jsonTypeName(value)} into Go value of type ${type}handlers.jsonPatchOp`);
  if (!Array.isArray(operations)) throw undecodable(operations, '[]');
  for (const operation of operations) if (operation !== null && !isObject(operation)) throw undecodable(operation, '');
  if (operations.length > operationLimit) {
    throw new StatusError(
      413,
      'RequestEntityTooLarge',
      `Request entity too large: The allowed maximum operations in a JSON patch is ${operationLimit}, got ${operations.length}`,
    );
  }
  try {
    const next = jsonPatch(object, operations as (JsonPatchOperation | null)[]);
    if (isObject(next)) return next;
  } catch (error) {
    if (!(error instanceof JsonPatchError)) throw error;
  }
  throw new StatusError(422, 'Invalid', 'the server rejected our request due to an error in our request', {});
}

/** The type of a JSON value, as errors of encoding/json name it. */
function jsonTypeName(value: unknown): string {
  if (Array.isArray(value)) return 'array';
  return typeof value === 'boolean' ? 'bool' : typeof value;
}

/** What cannot be decoded after a patch is the patch's fault, and shown whole. */
function patchedMetadata(context: Context, next: KubeObject): Record<string, unknown> {
  const shown = JSON.stringify(next);
  try {
    return metadataOf(context, next);
  } catch (error) {
    if (!(error instanceof StatusError)) throw error;
    const why = error.message.slice(error.message.indexOf('json: '));
    throw invalidNamed('', {}, [
      { field: 'patch', reason: 'FieldValueInvalid', message: `Invalid value: ${JSON.stringify(shown)}: ${why}` },
    ]);
  }
}

/** A built-in object is patched as a map of its parts, so its first names stand in the order of the alphabet. */
function wholeText({ resource }: Context, next: KubeObject): string {
  if (resource.builtin === undefined) return JSON.stringify(next);
  return JSON.stringify(Object.fromEntries(Object.entries(next).sort(([a], [b]) => (a < b ? -1 : 1))));
}

function updatePatched(context: Context, live: StoredObject, next: KubeObject, options: WriteOptions, shown: () => string): Answer {
  const { resource } = context;
  const errors: FieldError[] = [];
  const expected = apiVersion(resource);
  if (next['apiVersion'] !== expected)
    errors.push({
      field: 'apiVersion',
      reason: 'FieldValueInvalid',
      message: `Invalid value: ${JSON.stringify(next['apiVersion'] ?? '')}: must be ${expected}`,
    });
  if (errors.length > 0) throw invalid(resource, live.name, errors);
  const before = options.fieldValidation === 'Strict' ? shown() : '';
  const metadata = patchedMetadata(context, next);
  // A patched object is walked as a map, by the alphabet.
  const unknown = pruneUnknown(context, next).sort();
  if (unknown.length > 0 && options.fieldValidation === 'Strict') {
    throw invalidNamed('', {}, [
      {
        field: 'patch',
        reason: 'FieldValueInvalid',
        message: `Invalid value: ${JSON.stringify(before)}: strict decoding error: ${unknown.join(', ')}`,
      },
    ]);
  }
  if (options.fieldValidation === 'Warn') context.warnings.push(...unknown);
  if (resource.builtin !== undefined) decodeNullItems(resource.schema, next);
  dropNulls(resource.schema, next);
  defaultObject(resource.schema, next);
  checkBuiltinTypes(context, next);
  if (metadata['name'] === undefined || metadata['name'] === '')
    throw badRequest(`the name of the object (${live.name} based on URL) was undeterminable: name must be provided`);
  if (metadata['name'] !== live.name)
    throw badRequest(`the name of the object (${textOf(metadata['name'])}) does not match the name on the URL (${live.name})`);
  if (live.namespace !== '' && metadata['namespace'] !== live.namespace)
    throw badRequest('the namespace of the provided object does not match the namespace sent on the request');
  if (metadata['uid'] !== live.uid && metadata['uid'] !== undefined && metadata['uid'] !== '') {
    throw invalid(resource, live.name, twice(context, [invalidError('metadata.uid', metadata['uid'], 'field is immutable')]));
  }
  return updateObject(context, live, next, options, (old, changed) => trackUpdated(context, old, changed, options.manager));
}
