export { isText, JsonName, skipSpace, textOf } from './json-text.ts';
export { JsonBytesError } from './json-bytes-error.ts';
export { JsonCursor } from './json-cursor.ts';
export { JsonPath } from './json-path.ts';
export { JsonValidator, MAX_DEPTH } from './json-validator.ts';
