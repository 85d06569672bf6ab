/** An IP address as its bytes: 4 or 16. */
export interface IpAddress {
  readonly family: 4 | 6;
  readonly bytes: readonly number[];
  /** The one way to write it: RFC 5952 for IPv6. */
  readonly text: string;
}

/**
 * Reads an address in its strict form: four decimal numbers without leading zeros, or IPv6 without a zone. What inet_aton would take as well
 * (`127.1`, `0x7f.1`, `017700000001`, `2130706433`) is no address here, and no name is. Undefined if it is none.
 */
export function parseIp(text: string): IpAddress | undefined {
  const bytes = text.includes(':') ? parseV6(text) : parseV4(text);
  if (bytes === undefined) return undefined;
  return bytes.length === 4 ? { family: 4, bytes, text } : { family: 6, bytes, text: formatV6(bytes) };
}

const decimal = /^(?:0|[1-9]\d{0,2})$/;

function parseV4(text: string): number[] | undefined {
  const parts = text.split('.');
  if (parts.length !== 4) return undefined;
  const bytes = parts.map((part) => (decimal.test(part) ? Number(part) : 256));
  return bytes.every((byte) => byte < 256) ? bytes : undefined;
}

const group = /^[0-9a-fA-F]{1,4}$/;

function parseV6(text: string): number[] | undefined {
  const halves = text.split('::');
  if (halves.length > 2) return undefined;
  const [head, tail] = halves.map((half, index) => parseGroups(half, index === halves.length - 1));
  if (head === undefined || (halves.length === 2 && tail === undefined)) return undefined;
  const missing = 16 - head.length - (tail?.length ?? 0);
  if (halves.length === 1) return missing === 0 ? head : undefined;
  // `::` stands for one group at least.
  return missing < 2 ? undefined : [...head, ...Array.from({ length: missing }, () => 0), ...(tail ?? [])];
}

/** The bytes of groups between colons; the last group of the whole address may be an IPv4 address. Undefined if a part is neither. */
function parseGroups(text: string, isEnd: boolean): number[] | undefined {
  if (text === '') return [];
  const bytes: number[] = [];
  const parts = text.split(':');
  for (const [index, part] of parts.entries()) {
    const v4 = isEnd && index === parts.length - 1 && part.includes('.') ? parseV4(part) : undefined;
    if (v4 !== undefined) bytes.push(...v4);
    else if (group.test(part)) bytes.push(Number.parseInt(part, 16) >> 8, Number.parseInt(part, 16) & 255);
    else return undefined;
  }
  return bytes.length > 16 ? undefined : bytes;
}

function formatV6(bytes: readonly number[]): string {
  const groups = Array.from({ length: 8 }, (_, i) => (((bytes[2 * i] as number) << 8) | (bytes[2 * i + 1] as number)).toString(16));
  let start = -1;
  let length = 1;
  for (let i = 0; i < 8; i += 1) {
    let end = i;
    while (end < 8 && groups[end] === '0') end += 1;
    if (end - i > length) [start, length] = [i, end - i];
  }
  if (start < 0) return groups.join(':');
  return `${groups.slice(0, start).join(':')}::${groups.slice(start + length).join(':')}`;
}
