import {
  duplicateError,
  getOwn,
  invalidError,
  isObject,
  notSupportedError,
  requiredError,
  tooManyError,
  type FieldError,
  type FieldErrorReason,
} from '@kubecast/crd';
import { textOf } from '../status/text-of.ts';

const columnTypes = ['boolean', 'date', 'integer', 'number', 'string'];
const columnFormats = ['byte', 'date', 'date-time', 'double', 'float', 'int32', 'int64', 'password'];
const maximumSelectableFields = 8;

/** What is wrong with the warning of a version: it belongs to deprecated versions, and can be shown in a header. */
export function deprecationErrors(version: Record<string, unknown>, place: string): FieldError[] {
  const warning = version['deprecationWarning'];
  if (typeof warning !== 'string') return [];
  const wrong = (why: string): FieldError[] => {
    // The server holds the warning by a pointer, which is shown as JSON.
    const reason: FieldErrorReason = 'FieldValueInvalid';
    return [{ field: `${place}.deprecationWarning`, reason, message: `Invalid value: ${JSON.stringify(warning)}: ${why}` }];
  };
  if (version['deprecated'] !== true) return wrong('can only be set for deprecated versions');
  if (new TextEncoder().encode(warning).length > 256) return wrong('must be <= 256 characters long');
  if (warning === '') return wrong('must not be an empty string');
  const at = warning.search(/[^\p{L}\p{M}\p{N}\p{P}\p{S} ]/u);
  return at === -1
    ? []
    : wrong(`must only contain printable UTF-8 characters; non-printable character found at index ${bytesBefore(warning, at)}`);
}

const bytesBefore = (text: string, at: number): number => new TextEncoder().encode(text.slice(0, at)).length;

/** What is wrong with the paths of the scale, the printer columns and the selectable fields of a version. */
export function versionErrors(version: Record<string, unknown>, place: string): FieldError[] {
  return [...scaleErrors(version, `${place}.subresources.scale`), ...columnErrors(version, place), ...selectableErrors(version, place)];
}

function pathError(field: string, path: string): FieldError | undefined {
  return path.startsWith('.') ? undefined : invalidError(field, path, 'must be a simple json path starting with .');
}

function scaleErrors(version: Record<string, unknown>, place: string): FieldError[] {
  const subresources = version['subresources'];
  const scale = isObject(subresources) ? subresources['scale'] : undefined;
  if (!isObject(scale)) return [];
  const errors: FieldError[] = [];
  const check = (name: string, under: readonly string[], why: string, optional: boolean): void => {
    const path = textOf(scale[name]);
    const field = `${place}.${name}`;
    if (path === '') {
      if (!optional) errors.push(requiredError(field));
      return;
    }
    const error = pathError(field, path) ?? (under.some((start) => path.startsWith(start)) ? undefined : invalidError(field, path, why));
    if (error !== undefined) errors.push(error);
  };
  check('specReplicasPath', ['.spec.'], 'should be a json path under .spec', false);
  check('statusReplicasPath', ['.status.'], 'should be a json path under .status', false);
  check('labelSelectorPath', ['.spec.', '.status.'], 'should be a json path under either .spec or .status', true);
  return errors;
}

function columnErrors(version: Record<string, unknown>, place: string): FieldError[] {
  const columns = version['additionalPrinterColumns'];
  if (!Array.isArray(columns)) return [];
  return columns.flatMap((column: unknown, index) => {
    const at = `${place}.additionalPrinterColumns[${index}]`;
    const errors: FieldError[] = [];
    const given = (name: string): string => (isObject(column) ? textOf(column[name]) : '');
    const types = `must be one of ${columnTypes.join(',')}`;
    if (given('name') === '') errors.push(requiredError(`${at}.name`));
    if (given('type') === '') errors.push(requiredError(`${at}.type`, types));
    else if (!columnTypes.includes(given('type'))) errors.push(invalidError(`${at}.type`, given('type'), types));
    const format = given('format');
    if (format !== '' && !columnFormats.includes(format))
      errors.push(invalidError(`${at}.format`, format, `must be one of ${columnFormats.join(',')}`));
    const path = given('jsonPath');
    const wrong = path === '' ? requiredError(`${at}.JSONPath`) : pathError(`${at}.JSONPath`, path);
    return wrong === undefined ? errors : [...errors, wrong];
  });
}

function selectableErrors(version: Record<string, unknown>, place: string): FieldError[] {
  const fields = version['selectableFields'];
  if (!Array.isArray(fields)) return [];
  const errors: FieldError[] = [];
  if (fields.length > maximumSelectableFields)
    errors.push(tooManyError(`${place}.selectableFields`, fields.length, maximumSelectableFields));
  const seen = new Set<string>();
  const schema = isObject(version['schema']) ? version['schema']['openAPIV3Schema'] : undefined;
  for (const [index, one] of (fields as unknown[]).entries()) {
    const field = `${place}.selectableFields[${index}].jsonPath`;
    const path = isObject(one) ? textOf(one['jsonPath']) : '';
    const why = path === '' ? undefined : selectableProblem(schema, path);
    if (path === '') errors.push(requiredError(field));
    else if (why !== undefined) errors.push(invalidError(field, path, why));
    if (path !== '' && seen.has(path)) errors.push(duplicateError(field, path));
    seen.add(path);
  }
  return errors;
}

function selectableProblem(schema: unknown, path: string): string | undefined {
  if (!path.startsWith('.')) return `is an invalid path: expected [ or . but got: ${path}`;
  const names = path
    .slice(1)
    .replaceAll(/\[[^\]]*\]/g, '')
    .split('.');
  let at: unknown = schema;
  for (const name of names) {
    const properties: unknown = isObject(at) ? at['properties'] : undefined;
    at = isObject(properties) ? getOwn(properties, name) : undefined;
  }
  if (!isObject(at) || names[0] === 'metadata') return 'is an invalid path: does not refer to a valid field';
  if (path.includes('[')) return 'is an invalid path: array notation is not allowed';
  return ['string', 'boolean', 'integer'].includes(textOf(at['type']))
    ? undefined
    : 'must point to a field of type string, boolean or integer. Enum string fields and strings with formats are allowed.';
}

/** What is wrong with the conversion between versions. */
export function conversionErrors(spec: Record<string, unknown>): FieldError[] {
  const conversion = spec['conversion'];
  if (!isObject(conversion)) return [];
  const strategy = textOf(conversion['strategy']);
  if (strategy === '') return [requiredError('spec.conversion.strategy')];
  if (strategy === 'None') return [];
  if (strategy !== 'Webhook') return [notSupportedError('spec.conversion.strategy', strategy, ['None', 'Webhook'])];
  const webhook = isObject(conversion['webhook']) ? conversion['webhook'] : {};
  const reviewed = webhook['conversionReviewVersions'];
  return [
    ...(isObject(webhook['clientConfig'])
      ? []
      : [requiredError('spec.conversion.webhookClientConfig', 'required when strategy is set to Webhook')]),
    ...(Array.isArray(reviewed) && reviewed.length > 0 ? [] : [requiredError('spec.conversion.conversionReviewVersions')]),
  ];
}
