import { isObject, type FieldError } from '@kubecast/crd';
import { objectFormat, type BodyFormat } from '../../http/bodies/body.ts';
import { GoJsonError, parseGoJson } from '../../http/bodies/go-json.ts';
import { parseKubeYaml, yamlText, YamlTextError } from '../../http/bodies/yaml-text.ts';
import { decodeKubeProtobuf, ProtobufError } from '../../protobuf/index.ts';
import type { KubeObject } from '../../served-resource.ts';
import { badRequest, unsupportedMediaType } from '../../status/status-error.ts';
import { apiVersion } from '../../storage/presenter.ts';
import { header, type Context } from '../context.ts';
import { textOf } from '../../status/text-of.ts';

export interface Decoded {
  readonly object: KubeObject;
  /** What strict decoding refuses and lenient decoding warns of: `duplicate field "spec.app"`. */
  readonly duplicates: readonly string[];
}

/**
 * Reads the object that a create or update brings. What concerns the text and its apiVersion fails here with 400; an object of
 * another kind in the right version is a custom resource's own 422, found later.
 * @throws StatusError 400, 415
 */
export async function decodeObject(context: Context): Promise<Decoded> {
  const format = objectFormat(header(context, 'content-type'), context.resource.builtin !== undefined);
  const bytes = await context.body();
  return decodeBytes(context, bytes, format);
}

export function decodeBytes(context: Context, bytes: Buffer, format: BodyFormat): Decoded {
  const { resource } = context;
  const text = format === 'yaml' ? yamlText(bytes) : bytes.toString('utf8');
  const builtin = resource.builtin !== undefined;
  const { value: given, duplicates } = parseText(context, text, format, bytes);
  if (given === null && !builtin)
    throw badRequest(
      `the object provided is unrecognized (must be of type ${resource.kind}): Object 'Kind' is missing in '${format === 'yaml' ? text : text.trim()}' (${excerpt(bytes)})`,
    );
  // Go decodes a null into a built-in object without a member, which takes kind and version of its place.
  const value = given === null ? {} : given;
  if (!isObject(value))
    throw badRequest(
      `the object provided is unrecognized (must be of type ${resource.kind}): couldn't get version/kind; json parse error: json: cannot unmarshal ${goType(value)} into Go value of type struct { APIVersion string "json:\\"apiVersion,omitempty\\""; Kind string "json:\\"kind,omitempty\\"" } (${excerpt(bytes)})`,
    );
  const object = value as KubeObject;
  const expected = apiVersion(resource);
  const kind = object['kind'];
  const version = object['apiVersion'];
  if (builtin) {
    object['kind'] = kind === undefined || kind === '' ? resource.kind : kind;
    object['apiVersion'] = version === undefined || version === '' ? expected : version;
  } else if (kind === undefined || kind === '') {
    throw badRequest(
      `the object provided is unrecognized (must be of type ${resource.kind}): Object 'Kind' is missing in '${format === 'yaml' ? sortedJson(object) : text}' (${excerpt(bytes)})`,
    );
  }
  const named = object['apiVersion'] ?? '';
  if (named !== expected)
    throw badRequest(`the API version in the data (${textOf(named)}) does not match the expected API version (${expected})`);
  if (builtin && object['kind'] !== resource.kind) {
    throw badRequest(
      `${textOf(object['kind'])} in version "${resource.version}" cannot be handled as a ${resource.kind}: converting (${resource.version}.${textOf(object['kind'])}) to (${resource.group === '' ? 'core' : resource.group.split('.')[0]}.${resource.kind}): unknown conversion`,
    );
  }
  return { object, duplicates };
}

function parseText(context: Context, text: string, format: BodyFormat, bytes: Buffer): { value: unknown; duplicates: readonly string[] } {
  const { resource } = context;
  try {
    if (format === 'protobuf') return { value: decodeKubeProtobuf(bytes), duplicates: [] };
    if (format === 'yaml') return parseKubeYaml(text);
    const parsed = parseGoJson(text);
    return { value: parsed.value, duplicates: parsed.duplicates.map((path) => `duplicate field "${path}"`) };
  } catch (error) {
    if (error instanceof GoJsonError) {
      throw badRequest(
        `the object provided is unrecognized (must be of type ${resource.kind}): couldn't get version/kind; json parse error: ${error.message} (${excerpt(bytes)})`,
      );
    }
    if (error instanceof YamlTextError)
      throw badRequest(`the object provided is unrecognized (must be of type ${resource.kind}): ${error.message} (${excerpt(bytes)})`);
    if (error instanceof ProtobufError) throw error.unsupported ? unsupportedMediaType(error.message) : badRequest(error.message);
    throw error;
  }
}

/** YAML is decoded by way of JSON, whose names stand in the order of the alphabet. */
function sortedJson(value: unknown): string {
  return JSON.stringify(value, (_, inner: unknown) =>
    isObject(inner) ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1))) : inner,
  );
}

/** The first 30 bytes, as text when they look like an object, else in hexadecimal. */
function excerpt(bytes: Buffer): string {
  if (bytes.length === 0) return '<empty>';
  const cut = bytes.subarray(0, 30);
  const shown = bytes[0] === 0x7b ? cut.toString('utf8') : cut.toString('hex');
  return bytes.length > 30 ? `${shown} ...` : shown;
}

function goType(value: unknown): string {
  return Array.isArray(value) ? 'array' : value === null ? 'null' : typeof value;
}

/** What a custom resource of another kind is told. */
export function kindErrors(context: Context, object: KubeObject): readonly FieldError[] {
  if (object['kind'] === context.resource.kind) return [];
  return [
    {
      field: 'kind',
      reason: 'FieldValueInvalid',
      message: `Invalid value: ${JSON.stringify(object['kind'])}: must be ${context.resource.kind}`,
    },
  ];
}
