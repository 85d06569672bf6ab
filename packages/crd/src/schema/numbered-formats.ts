// Formats of numbers with check digits, and of colors.

const WEIGHT_13 = [1, 3] as const;

export function isIsbn10(text: string): boolean {
  const plain = text.replaceAll(/[\s-]+/gu, '');
  if (!/^(?:\d{9}X|\d{10})$/u.test(plain)) return false;
  const sum = [...plain].reduce((total, digit, index) => total + (index + 1) * (digit === 'X' ? 10 : Number(digit)), 0);
  return sum % 11 === 0;
}

export function isIsbn13(text: string): boolean {
  const plain = text.replaceAll(/[\s-]+/gu, '');
  if (!/^\d{13}$/u.test(plain)) return false;
  const sum = [...plain.slice(0, 12)].reduce((total, digit, index) => total + (WEIGHT_13[index % 2] as number) * Number(digit), 0);
  return Number(plain[12]) === (10 - (sum % 10)) % 10;
}

const card = /^(?:4\d{12}(?:\d{3})?|5[1-5]\d{14}|6(?:011|5\d\d)\d{12}|3[47]\d{13}|3(?:0[0-5]|[68]\d)\d{11}|(?:2131|1800|35\d{3})\d{11})$/u;

/** Any characters may stand between the digits. */
export function isCreditCard(text: string): boolean {
  const digits = text.replaceAll(/\D+/gu, '');
  if (!card.test(digits)) return false;
  const sum = [...digits].reverse().reduce((total, digit, index) => {
    const value = Number(digit) * (index % 2 === 0 ? 1 : 2);
    return total + (value > 9 ? value - 9 : value);
  }, 0);
  return sum % 10 === 0;
}

export function isSsn(text: string): boolean {
  return /^\d{3}[- ]\d{2}[- ]\d{4}$/u.test(text);
}

export function isHexColor(text: string): boolean {
  return /^#?(?:[0-9a-f]{3}|[0-9a-f]{6})$/iu.test(text);
}

const channel = String.raw`\s*(?:0|[1-9]\d?|1\d\d?|2[0-4]\d|25[0-5])\s*`;
const rgb = new RegExp(`^rgb\\(${channel},${channel},${channel}\\)$`, 'u');

export function isRgbColor(text: string): boolean {
  return rgb.test(text);
}
