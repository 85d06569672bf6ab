import { promises, sentencesOf } from './sentences.ts';

/** A sentence that a README's reader relies on, and the test that keeps it. */
export interface KeptPromise {
  /** A part of the sentence, as it stands in the README; white space does not matter. It may cover several sentences that go on from each other. */
  readonly says: string;
  /** The test's file, from the root of the repository. */
  readonly test: string;
  /** The test's name, or a part of it. */
  readonly named: string;
}

const oneSpace = (text: string): string => text.replaceAll(/\s+/g, ' ').trim();

/** A name as it may be written in a source text, whatever quotes it stands in. */
const unquoted = (text: string): string => oneSpace(text.replaceAll(/\\(['"`])/g, '$1'));

/** What is wrong between a README, its table of kept promises, and the tests; empty: nothing. `read` gives a file's text, undefined where there is none. */
export function checkPromises(readme: string, table: readonly KeptPromise[], read: (path: string) => string | undefined): string[] {
  const wrong: string[] = [];
  const whole = oneSpace(sentencesOf(readme).join(' '));
  const quoted = table.map((kept) => oneSpace(kept.says));
  for (const [index, { test, named }] of table.entries()) {
    const says = quoted[index] ?? '';
    if (says.length < 12) wrong.push(`"${says}" is too short to tell which sentence it means`);
    if (!whole.includes(says)) wrong.push(`the README no longer says "${says}"`);
    const text = read(test);
    if (text === undefined) wrong.push(`${test} does not exist; it is to keep "${says}"`);
    else if (!/\.test(?:-d)?\.ts$/.test(test)) wrong.push(`${test} is no test file; it is to keep "${says}"`);
    else if (named === '' || !unquoted(text).includes(oneSpace(named)))
      wrong.push(`${test} has no test "${named}"; it is to keep "${says}"`);
  }
  for (const sentence of sentencesOf(readme)) {
    if (!promises(sentence)) continue;
    if (!quoted.some((says) => sentence.includes(says) || says.includes(sentence))) wrong.push(`no test is named for: "${sentence}"`);
  }
  return wrong;
}
