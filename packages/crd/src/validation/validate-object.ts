import type { FieldError } from '../schema/field-error.ts';
import {
  duplicateError,
  goQuote,
  invalidError,
  notSupportedError,
  requiredError,
  tooLongError,
  tooManyError,
  typeInvalidError,
} from '../schema/field-error-texts.ts';
import { copyJson, equalJson, getOwn, isObject, type JsonObject } from '../schema/own-property.ts';
import { label1035Problems } from '../schema/object-names.ts';
import { isInt64, isNearInteger, toInt64 } from '../schema/go-number.ts';
import { fitsPattern } from '../regexp/pattern.ts';
import type { Schema } from '../schema/schema.ts';
import { isOfFormat } from '../schema/string-formats.ts';
import { checkedFormat } from '../schema/checked-format.ts';
import { checkNumber } from './check-number.ts';

/**
 * Checks a value against a structural schema, as kube-apiserver 1.36 does on every write of a custom resource, and says what
 * is wrong in its words. The errors of the schema come first, in the order of the schema's own names; then duplicates in
 * lists that are sets or maps. Unknown fields are no error here (the server prunes them): see `unknownFields`.
 *
 * `path` stands before every field name; without it the value is the whole object. Rules in CEL
 * (x-kubernetes-validations) are not evaluated. Never throws, whatever the value holds.
 */
export function validateObject(schema: Schema, value: unknown, path = ''): readonly FieldError[] {
  const result = new Result();
  check(schema, value, path, result);
  checkEmbedded(schema, value, path, result.errors);
  checkLists(schema, value, path, result.errors);
  return result.errors;
}

/** Errors, and how many checks ran: of several failed alternatives the one that got furthest is reported. */
class Result {
  readonly errors: FieldError[] = [];
  readonly #told = new Set<string>();
  checks = 0;

  /** Adds an error; what was said of a field before is not said again. */
  add(error: FieldError): void {
    const id = `${error.field}\n${error.message}`;
    if (this.#told.has(id)) return;
    this.#told.add(id);
    this.errors.push(error);
  }

  merge(other: Result): void {
    for (const error of other.errors) this.add(error);
    this.checks += other.checks;
  }
}

/** The type of a value, and the format that the server gives to it: numbers are int64 or float64 there. */
function typeOf(value: unknown): readonly [type: string, format: string] {
  if (value === null || value === undefined) return ['null', ''];
  if (Array.isArray(value)) return ['array', ''];
  if (typeof value === 'number') return isInt64(value) ? ['integer', 'int64'] : ['number', 'float64'];
  return [typeof value, ''];
}

function expectedTypes(schema: Schema): readonly string[] {
  if (schema['x-kubernetes-int-or-string'] === true) return ['integer', 'string'];
  return schema.type === undefined ? [] : [schema.type];
}

/** The text's subject: the path, or nothing at the root. */
function inBody(path: string): string {
  return path === '' ? 'in body' : `${path} in body`;
}

/** The field of an error that the server cannot place. */
const nowhere = '<nil>';

function check(schema: Schema, value: unknown, path: string, result: Result): void {
  checkType(schema, value, path, result);
  if (value === null || value === undefined) {
    checkEnum(schema, value, path, result);
    return;
  }
  checkJunctors(schema, value, path, result);
  if (typeof value === 'string') checkString(schema, value, path, result);
  if (typeof value === 'number') {
    result.checks += 1;
    checkNumber(schema, value, path, (error) => result.add(error));
  }
  if (Array.isArray(value)) checkArray(schema, value, path, result);
  checkEnum(schema, value, path, result);
  if (isObject(value)) checkObject(schema, value, path, result);
}

function checkType(schema: Schema, value: unknown, path: string, result: Result): void {
  const types = expectedTypes(schema);
  const format = checkedFormat(schema) ?? '';
  if (types.length === 0 && format === '') return;
  result.checks += 1;
  const [actual, actualFormat] = typeOf(value);
  const refuse = (wanted: string, found: string): void =>
    result.add(typeInvalidError(path, found, `${inBody(path)} must be of type ${wanted}: ${goQuote(found)}`));
  if (actual === 'null') {
    if (types.length > 0 && schema.nullable !== true) refuse(types.join(','), 'null');
    return;
  }
  const fits =
    types.includes(actual) ||
    (actual === 'integer' && types.includes('number')) ||
    (actual === 'number' && types.includes('integer') && isNearInteger(value as number));
  if (fits) return;
  if (format !== '') {
    // The server names the formats here, not the types.
    if (actual !== 'string' && actual !== 'array') return actualFormat === format ? undefined : refuse(format, actualFormat);
    // A list where a text of some format is due passes on the server, so it does here.
    if (!types.includes('integer') && !types.includes('number')) return;
  }
  refuse(types.join(','), actual);
}

function checkEnum(schema: Schema, value: unknown, path: string, result: Result): void {
  if (schema.enum === undefined || schema.enum.length === 0) return;
  result.checks += 1;
  if (!schema.enum.some((allowed) => isAllowed(allowed, value))) result.add(notSupportedError(path, value, schema.enum));
}

/** The server converts a value to the type of what is allowed before it compares: 1.5 passes for 1, and 97 for "a". Nothing passes for null. */
function isAllowed(allowed: unknown, value: unknown): boolean {
  if (value === null || value === undefined) return false;
  if (typeof value !== 'number') return equalJson(allowed, value);
  if (typeof allowed === 'number') return allowed === value || (isInt64(allowed) && toInt64(value) === allowed);
  return typeof allowed === 'string' && isInt64(value) && allowed === characterOf(value);
}

/** The text that an integer is converted to: the character of that code point. */
function characterOf(value: number): string {
  const character = value >= 0 && value <= 0x10_ffff && !(value >= 0xd800 && value <= 0xdfff);
  return String.fromCodePoint(character ? value : 0xfffd);
}

function codePoints(text: string): number {
  let count = 0;
  for (const _character of text) count += 1;
  return count;
}

function checkString(schema: Schema, value: string, path: string, result: Result): void {
  result.checks += 1;
  const length = schema.maxLength === undefined && schema.minLength === undefined ? 0 : codePoints(value);
  if (schema.maxLength !== undefined && length > schema.maxLength) {
    result.add(tooLongError(path, schema.maxLength));
  } else if (schema.minLength !== undefined && length < schema.minLength) {
    result.add(invalidError(path, value, `${inBody(path)} should be at least ${schema.minLength} chars long`));
  } else if (schema.pattern !== undefined && !fitsPattern(schema.pattern, value)) {
    result.add(invalidError(path, value, `${inBody(path)} should match '${schema.pattern}'`));
  }
  const format = checkedFormat(schema);
  if (format !== undefined && (schema.type === undefined || schema.type === 'string') && !isOfFormat(format, value)) {
    result.add(typeInvalidError(path, value, `${inBody(path)} must be of type ${format}: ${goQuote(value)}`));
  }
}

function checkArray(schema: Schema, value: readonly unknown[], path: string, result: Result): void {
  result.checks += 1;
  const items = schema.items;
  if (items !== undefined) value.forEach((item, index) => check(items, item, `${path}[${index}]`, result));
  if (schema.minItems !== undefined && value.length < schema.minItems) {
    result.add(invalidError(path, value.length, `${inBody(path)} should have at least ${schema.minItems} items`));
  }
  if (schema.maxItems !== undefined && value.length > schema.maxItems) {
    result.add(tooManyError(path, value.length, schema.maxItems));
  }
  if (schema.uniqueItems === true && value.some((item, index) => value.slice(0, index).some((other) => equalJson(item, other)))) {
    result.add(invalidError(path, '', `${inBody(path)} shouldn't contain duplicates`));
  }
}

function checkObject(schema: Schema, value: JsonObject, path: string, result: Result): void {
  result.checks += 1;
  const names = Object.keys(value);
  if (schema.minProperties !== undefined && names.length < schema.minProperties)
    result.add(invalidError(path, names.length, `${inBody(path)} should have at least ${schema.minProperties} properties`));
  if (schema.maxProperties !== undefined && names.length > schema.maxProperties)
    result.add(tooManyError(path, names.length, schema.maxProperties));
  if (typeof schema.additionalProperties === 'object') {
    for (const name of names) {
      if (getOwn(schema.properties, name) === undefined) check(schema.additionalProperties, value[name], childPath(path, name), result);
    }
  }
  for (const [name, property] of Object.entries(schema.properties ?? {})) {
    if (Object.hasOwn(value, name)) check(property, value[name], childPath(path, name), result);
  }
  for (const name of schema.required ?? []) {
    if (!Object.hasOwn(value, name)) result.add(requiredError(childPath(path, name)));
  }
}

function childPath(path: string, name: string): string {
  return path === '' ? name : `${path}.${name}`;
}

function alternatives(schemas: readonly Schema[], value: unknown, path: string): Result[] {
  return schemas.map((schema) => {
    const result = new Result();
    check(schema, value, path, result);
    return result;
  });
}

/** The failed alternative in which most checks ran; of equal ones the first. */
function best(results: readonly Result[]): Result | undefined {
  let chosen: Result | undefined;
  for (const result of results) {
    if (result.errors.length > 0 && (chosen === undefined || result.checks > chosen.checks)) chosen = result;
  }
  return chosen;
}

function checkJunctors(schema: Schema, value: unknown, path: string, result: Result): void {
  const say = (text: string): void => void result.add(invalidError(nowhere, '', `${goQuote(path)} ${text}`));
  if (schema.anyOf !== undefined && schema.anyOf.length > 0) {
    const results = alternatives(schema.anyOf, value, path);
    if (results.every((one) => one.errors.length > 0)) {
      say('must validate at least one schema (anyOf)');
      result.merge(best(results) as Result);
    }
  }
  if (schema.oneOf !== undefined && schema.oneOf.length > 0) {
    const results = alternatives(schema.oneOf, value, path);
    const valid = results.filter((one) => one.errors.length === 0).length;
    if (valid === 0) {
      say('must validate one and only one schema (oneOf). Found none valid');
      result.merge(best(results) as Result);
    } else if (valid > 1) {
      say(`must validate one and only one schema (oneOf). Found ${valid} valid alternatives`);
    }
  }
  if (schema.allOf !== undefined && schema.allOf.length > 0) {
    const results = alternatives(schema.allOf, value, path);
    const valid = results.filter((one) => one.errors.length === 0).length;
    for (const one of results) result.merge(one);
    if (valid < results.length) say(`must validate all the schemas (allOf)${valid === 0 ? '. None validated' : ''}`);
  }
  if (schema.not !== undefined && alternatives([schema.not], value, path)[0]?.errors.length === 0)
    say('must not validate the schema (not)');
}

function embeddedProblems(name: string, text: string): readonly string[] {
  if (name === 'apiVersion') return text.split('/').length > 2 ? [`unexpected GroupVersion string: ${text}`] : [];
  return label1035Problems(text.toLowerCase()).map((problem) => `may have mixed case, but should otherwise match: ${problem}`);
}

/** An object inside of the object must say what it is. */
function checkEmbedded(schema: Schema | undefined, value: unknown, path: string, errors: FieldError[]): void {
  if (schema === undefined) return;
  if (Array.isArray(value)) {
    value.forEach((item, index) => checkEmbedded(schema.items, item, `${path}[${index}]`, errors));
    return;
  }
  if (!isObject(value)) return;
  if (schema['x-kubernetes-embedded-resource'] === true) {
    for (const name of ['apiVersion', 'kind']) {
      const text = getOwn(value, name);
      if (text === undefined || text === '') errors.push(requiredError(childPath(path, name)));
      else if (typeof text === 'string')
        errors.push(...embeddedProblems(name, text).map((problem) => invalidError(childPath(path, name), text, problem)));
    }
  }
  for (const name of Object.keys(value)) {
    const own = getOwn(schema.properties, name);
    checkEmbedded(
      own ?? (typeof schema.additionalProperties === 'object' ? schema.additionalProperties : undefined),
      value[name],
      childPath(path, name),
      errors,
    );
  }
}

/** Duplicates in lists that are sets or maps. */
function checkLists(schema: Schema | undefined, value: unknown, path: string, errors: FieldError[]): void {
  if (schema === undefined) return;
  if (Array.isArray(value)) {
    if (schema['x-kubernetes-list-type'] === 'set') checkDuplicates(value, path, errors);
    if (schema['x-kubernetes-list-type'] === 'map') {
      const odd = value.findIndex((item) => item !== null && !isObject(item));
      // The server looks no further than the first item that has no keys.
      if (odd >= 0) errors.push(invalidError(`${path}[${odd}]`, value[odd], 'must be an object for an array of list-type map'));
      else
        checkDuplicates(
          value.map((item: unknown) => (item === null ? {} : mapKeys(schema, item as JsonObject))),
          path,
          errors,
        );
    }
    value.forEach((item, index) => checkLists(schema.items, item, `${path}[${index}]`, errors));
    return;
  }
  if (!isObject(value)) return;
  for (const name of Object.keys(value)) {
    const own = getOwn(schema.properties, name);
    const child = own ?? (typeof schema.additionalProperties === 'object' ? schema.additionalProperties : undefined);
    checkLists(child, value[name], childPath(path, name), errors);
  }
}

/** The keys of an item of a list-map, defaults filled in, in alphabetical order. */
function mapKeys(schema: Schema, item: JsonObject): JsonObject {
  const keys: JsonObject = {};
  for (const name of [...(schema['x-kubernetes-list-map-keys'] ?? [])].sort()) {
    const given = getOwn(item, name);
    const fallback = getOwn(schema.items?.properties, name)?.default;
    if (given !== undefined) keys[name] = given;
    else if (fallback !== undefined) keys[name] = copyJson(fallback);
  }
  return keys;
}

/** The second of equal values is an error; a third one is not told of again. */
function checkDuplicates(values: readonly unknown[], path: string, errors: FieldError[]): void {
  const times = new Map<string, number>();
  values.forEach((value, index) => {
    const encoded = canonical(value);
    const before = times.get(encoded) ?? 0;
    if (before === 1) errors.push(duplicateError(`${path}[${index}]`, value));
    times.set(encoded, before + 1);
  });
}

function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  if (isObject(value))
    return `{${Object.keys(value)
      .sort()
      .map((name) => `${JSON.stringify(name)}:${canonical(value[name])}`)
      .join(',')}}`;
  return JSON.stringify(value) ?? 'null';
}
