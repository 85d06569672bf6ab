export { exactTextOf, keepExactText, keepExactTexts, shareExactTexts } from './exact-texts.ts';
export { parseJson } from './parse-json.ts';
export { JsonWriteError, writeJson } from './write-json.ts';
