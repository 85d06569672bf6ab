import type { Schema } from './schema.ts';
import { textFormats } from './string-formats.ts';

/**
 * The format of a schema as far as the API server checks it. A format that it does not know, or that is not of the schema's type, is dropped there before
 * anything is validated, so it does not appear in an error either.
 */
export function checkedFormat({ type, format }: Schema): string | undefined {
  if (format === undefined || format === '') return undefined;
  switch (type) {
    case undefined:
    case 'string':
      return textFormats.has(format.replaceAll('-', '')) ? format : undefined;
    case 'integer':
      return format === 'int32' || format === 'int64' ? format : undefined;
    case 'number':
      return format === 'float' || format === 'double' ? format : undefined;
    default:
      return undefined;
  }
}
