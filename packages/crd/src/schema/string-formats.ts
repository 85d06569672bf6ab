import { labelProblems, subdomainProblems } from './object-names.ts';
import { isCreditCard, isHexColor, isIsbn10, isIsbn13, isRgbColor, isSsn } from './numbered-formats.ts';

// The formats of texts that kube-apiserver checks in custom resources; an unknown format accepts everything.

const days = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

function isDate(text: string): boolean {
  const parts = /^(\d{4})-(\d{2})-(\d{2})$/u.exec(text);
  if (parts === null) return false;
  const year = Number(parts[1]);
  const month = Number(parts[2]);
  const day = Number(parts[3]);
  const leap = (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0;
  const last = month === 2 && leap ? 29 : (days[month - 1] ?? 0);
  return day >= 1 && day <= last;
}

/** As the server reads it: zones are not checked for their range, and what stands behind a second `t` is not looked at. */
function isDateTime(text: string): boolean {
  const [date = '', time] = text.toLowerCase().split('t');
  if (time === undefined || !isDate(date)) return false;
  const parts = /^(\d{2}):(\d{2}):(\d{2})(?:.\d+)?(?:z|[+-]\d{2}:\d{2})$/u.exec(time);
  return parts !== null && Number(parts[1]) < 24 && Number(parts[2]) < 60 && Number(parts[3]) < 60;
}

/** A dotted IPv4 address; leading zeroes are read as decimal, as the server does for the sake of old objects. */
export function isIPv4(text: string): boolean {
  const parts = text.split('.');
  return parts.length === 4 && parts.every((part) => /^\d+$/u.test(part) && Number(part) <= 255);
}

/** An IPv6 address, without a zone. */
export function isIPv6(text: string): boolean {
  let rest = text;
  const lastColon = rest.lastIndexOf(':');
  if (lastColon < 0) return false;
  if (rest.includes('.')) {
    if (!isIPv4(rest.slice(lastColon + 1))) return false;
    rest = `${rest.slice(0, lastColon)}:0:0`;
  }
  const halves = rest.split('::');
  if (halves.length > 2) return false;
  const groups = halves.flatMap((half) => (half === '' ? [] : half.split(':')));
  if (!groups.every((group) => /^[0-9a-fA-F]{1,4}$/u.test(group))) return false;
  return halves.length === 2 ? groups.length < 8 : groups.length === 8;
}

function isCidr(text: string): boolean {
  const [address = '', bits = '', ...more] = text.split('/');
  if (more.length > 0 || !/^(?:0|[1-9]\d{0,2})$/u.test(bits)) return false;
  return (isIPv4(address) && Number(bits) <= 32) || (isIPv6(address) && Number(bits) <= 128);
}

function isUri(text: string): boolean {
  return URL.canParse(text) || text.startsWith('/');
}

const uuid =
  (version: string) =>
  (text: string): boolean =>
    new RegExp(
      `^[0-9a-f]{8}-?[0-9a-f]{4}-?${version}[0-9a-f]{3}-?${version === '[0-9a-f]' ? '[0-9a-f]' : version === '3' ? '[0-9a-f]' : '[89ab]'}[0-9a-f]{3}-?[0-9a-f]{12}$`,
      'iu',
    ).test(text);

function isBase64(text: string): boolean {
  return text !== '' && text.length % 4 === 0 && /^[A-Za-z0-9+/]*={0,2}$/u.test(text);
}

const hostname =
  /^(?:[a-zA-Z0-9\p{S}\p{L}](?:-?[a-zA-Z0-9\p{S}\p{L}]{0,62})?|(?:[a-zA-Z0-9\p{S}\p{L}](?:[a-zA-Z0-9\-\p{S}\p{L}]{0,61}[a-zA-Z0-9\p{S}\p{L}])?\.)+[a-zA-Z\p{L}]{2,63})$/u;

function isHostname(text: string): boolean {
  return text.length <= 255 && text.split('.').every((label) => label.length <= 63) && hostname.test(text);
}

const units = new Set(['ns', 'us', 'µs', 'ms', 's', 'm', 'h', 'hr', 'd', 'w', 'wk']);
const unitPrefixes = ['nano', 'micro', 'milli', 'sec', 'min', 'hour', 'day', 'week'];

/** Go's own durations, or anywhere in the text a number with a unit: so generous is the server. */
function isDuration(text: string): boolean {
  if (/^[+-]?(?:0|(?:(?:\d+\.?\d*|\.\d+)(?:ns|us|µs|μs|ms|s|m|h))+)$/u.test(text)) return true;
  return [...text.matchAll(/\d+\s*([A-Za-zµ]+)/gu)].some((match) => {
    const unit = (match[1] as string).toLowerCase();
    return units.has(unit) || unitPrefixes.some((prefix) => unit.startsWith(prefix));
  });
}

/** Six, eight or twenty bytes, with one kind of separator or none. */
function isMac(text: string): boolean {
  if (/^[0-9a-f]{2}([:-])[0-9a-f]{2}(?:\1[0-9a-f]{2})*$/iu.test(text)) return macSizes.has((text.length + 1) / 3);
  if (/^[0-9a-f]{4}(?:\.[0-9a-f]{4})+$/iu.test(text)) return macSizes.has(((text.length + 1) / 5) * 2);
  return /^[0-9a-f]+$/iu.test(text) && macSizes.has(text.length / 2);
}

const macSizes: ReadonlySet<number> = new Set([6, 8, 20]);

const mailbox = String.raw`[^\s@<>(),;:"]+@[^\s@<>(),;:"]+`;
const email = new RegExp(String.raw`^\s*(?:${mailbox}|(?:[^<>()@,;:"\\]*|"[^"\\]*")\s*<${mailbox}>)\s*$`, 'u');

/** An address, or a name before an address in angle brackets. Comments, escapes and quoted local parts, which the server knows, are not read. */
function isEmail(text: string): boolean {
  return email.test(text);
}

const checks = new Map<string, (text: string) => boolean>([
  ['date', isDate],
  ['datetime', isDateTime],
  ['duration', isDuration],
  ['email', isEmail],
  ['hostname', isHostname],
  // An IPv6 address that embeds an IPv4 one passes too.
  ['ipv4', (text) => isIPv4(text) || (text.includes('.') && isIPv6(text))],
  ['ipv6', isIPv6],
  ['cidr', isCidr],
  ['mac', isMac],
  ['uri', isUri],
  ['uuid', uuid('[0-9a-f]')],
  ['uuid3', uuid('3')],
  ['uuid4', uuid('4')],
  ['uuid5', uuid('5')],
  ['byte', isBase64],
  ['hexcolor', isHexColor],
  ['rgbcolor', isRgbColor],
  ['isbn', (text) => isIsbn10(text) || isIsbn13(text)],
  ['isbn10', isIsbn10],
  ['isbn13', isIsbn13],
  ['creditcard', isCreditCard],
  ['ssn', isSsn],
  ['bsonobjectid', (text) => /^[0-9a-f]{24}$/iu.test(text)],
  ['password', () => true],
  ['k8sshortname', (text) => labelProblems(text).length === 0],
  ['k8slongname', (text) => subdomainProblems(text).length === 0],
]);

/** The formats that are checked, without dashes: the server reads `date-time` and `datetime` as one. */
export const textFormats: ReadonlySet<string> = new Set(checks.keys());

/** Whether the text is of the format; a format that nobody checks accepts every text. */
export function isOfFormat(format: string, text: string): boolean {
  return checks.get(format.replaceAll('-', ''))?.(text) ?? true;
}
