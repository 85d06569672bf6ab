export { CodedError, isCodedError } from './coded-error.ts';
export type { CodedErrorOptions } from './coded-error.ts';
