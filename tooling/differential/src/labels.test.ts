import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { formatLabelSelector, LabelSelectorError, matchesLabels, parseLabelSelector } from '@kubecast/store';

interface Answers {
  readonly sets: readonly Readonly<Record<string, string>>[];
  readonly selectors: readonly { readonly selector: string; readonly text?: string; readonly matches?: string; readonly error?: string }[];
}

const { sets, selectors } = JSON.parse(readFileSync(new URL('../recorded/labels.json', import.meta.url), 'utf8')) as Answers;

function answer(selector: string): Answers['selectors'][number] {
  try {
    const parsed = parseLabelSelector(selector);
    const text = formatLabelSelector(parsed);
    // The text of a selector is the same selector.
    expect(formatLabelSelector(parseLabelSelector(text))).toBe(text);
    return { selector, text, matches: sets.map((set) => (matchesLabels(parsed, set) ? '1' : '0')).join('') };
  } catch (error) {
    if (!(error instanceof LabelSelectorError)) throw error;
    return { selector, error: error.message };
  }
}

test('selectors are taken and refused, written and matched as k8s.io/apimachinery does, word by word', () => {
  expect(selectors.length).toBeGreaterThan(2_000);
  expect(selectors.filter(({ text }) => text !== undefined).length).toBeGreaterThan(800);
  for (const expected of selectors) expect(answer(expected.selector)).toEqual(expected);
});
