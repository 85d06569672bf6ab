import { LabelSelectorError, parseLabelSelector } from '@kubecast/store';
import { wrongOption } from '../contract/option-checks.ts';

/** A label selector as the API server would take it. The error is told here: the server would refuse every list and every watch. */
export function checkLabelSelector(option: string, value: unknown): void {
  if (value === undefined) return;
  if (typeof value !== 'string') throw wrongOption(option, value, 'give a text like "app=web,tier in (a, b)"');
  try {
    parseLabelSelector(value);
  } catch (error) {
    if (!(error instanceof LabelSelectorError)) throw error;
    throw wrongOption(option, value, `give a label selector that the API server takes: ${error.message}`, error);
  }
}

/**
 * A field selector by the grammar of k8s.io/apimachinery (fields.ParseSelector): terms `path=value`, `path==value` or `path!=value`, joined by
 * commas, with `\\`, `\,` and `\=` in values. Which paths a kind supports only the server knows.
 */
export function checkFieldSelector(option: string, value: unknown): void {
  if (value === undefined) return;
  if (typeof value !== 'string') throw wrongOption(option, value, 'give a text like "metadata.name=web,status.phase!=Failed"');
  const wrong = (why: string): Error => wrongOption(option, value, `${why}; write terms like path=value or path!=value, joined by commas`);
  // A backslash keeps the next character from parting terms.
  for (const term of value.match(/(?:\\[^]|[^\\,]|\\$)+/gu) ?? []) {
    const parts = /^(?<path>[^=!]*?)(?:!=|==|=)(?<text>.*)$/su.exec(term);
    if (parts === null) throw wrong(`the term ${JSON.stringify(term)} has neither = nor !=`);
    if (parts.groups?.['path'] === '') throw wrong(`the term ${JSON.stringify(term)} names no field`);
    if (!/^(?:[^\\,=]|\\[\\,=])*$/su.test(parts.groups?.['text'] ?? ''))
      throw wrong(`in the value of ${JSON.stringify(term)}, "=" , "," and "\\" must be written as "\\=", "\\," and "\\\\"`);
  }
}
