const P1 = 0x9e3779b1;
const P2 = 0x85ebca77;
const P3 = 0xc2b2ae3d;

const mix = (lane: number, word: number): number => {
  const sum = (lane + Math.imul(word, P2)) | 0;
  return Math.imul((sum << 13) | (sum >>> 19), P1);
};

/**
 * A checksum of 32 bits over words, four lanes wide, some bytes a nanosecond. Each step is a bijection, so a change of any one word always
 * changes it; it finds damage, it does not stop a forger.
 */
export function digest(words: Int32Array, from = 0, to: number = words.length): number {
  let a = P1;
  let b = P2;
  let c = P3;
  let d = to - from;
  let i = from;
  for (const end = to - 3; i < end; i += 4) {
    a = mix(a, words[i] as number);
    b = mix(b, words[i + 1] as number);
    c = mix(c, words[i + 2] as number);
    d = mix(d, words[i + 3] as number);
  }
  for (; i < to; i += 1) a = mix(a, words[i] as number);
  let sum = (((a << 1) | (a >>> 31)) + ((b << 7) | (b >>> 25)) + ((c << 12) | (c >>> 20)) + ((d << 18) | (d >>> 14)) + to - from) | 0;
  sum = Math.imul(sum ^ (sum >>> 15), P2);
  sum = Math.imul(sum ^ (sum >>> 13), P3);
  return sum ^ (sum >>> 16);
}
