/** The sentences of a Markdown text: paragraphs, list items and table cells; code blocks and headings are left out. White space is one space. */
export function sentencesOf(markdown: string): string[] {
  const blocks: string[] = [];
  let block = '';
  const end = (): void => {
    if (block.trim() !== '') blocks.push(block);
    block = '';
  };
  for (const line of markdown.replace(/^ *```[\s\S]*?^ *```/gm, '\n').split('\n')) {
    const item = /^\s*(?:[-*]|\d+\.) +(.*)$/.exec(line);
    if (/^\s*$|^#/.test(line)) end();
    else if (line.startsWith('|')) {
      end();
      for (const cell of line.split(/(?<!\\)\|/)) blocks.push(cell);
    } else if (item) {
      end();
      block = item[1] ?? '';
    } else block += ` ${line}`;
  }
  end();
  return blocks
    .flatMap((text) =>
      text
        .replaceAll(/\s+/g, ' ')
        .trim()
        .split(/(?<=[.!?;]\**)\s+(?=\S)/),
    )
    .map((sentence) => sentence.trim())
    .filter((sentence) => sentence !== '');
}

/** Words by which a sentence promises something that somebody may build on. */
const PROMISING =
  /\b(?:always|never|nothing|nobody|at most|at least|at once|exactly|guarantees?|guaranteed|cannot|none|every|each|bounded|without (?:a gap|loss)|in order)\b/i;

export function promises(sentence: string): boolean {
  return PROMISING.test(sentence);
}
