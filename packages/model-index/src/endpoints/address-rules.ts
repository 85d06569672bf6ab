import { parseIp, type IpAddress } from './ip-address.ts';

/** What the slice that an address stands in says of its addresses. Absent: core Endpoints, or a slice that does not say. */
export type AddressType = string | null | undefined;

/** An address that a Pod can have, in its canonical form; or why it is none. */
export type CheckedAddress = { readonly address: string } | { readonly refused: string };

/** Ranges that no Pod has, by the first bytes: prefix, bits, what they are. */
const V4: readonly Range[] = [
  range('0.0.0.0', 8, 'of this host (0.0.0.0/8)'),
  range('127.0.0.0', 8, 'a loopback address'),
  range('169.254.0.0', 16, 'a link-local address, where clouds put their metadata service'),
  range('224.0.0.0', 4, 'a multicast address'),
  range('240.0.0.0', 4, 'reserved (240.0.0.0/4)'),
  range('168.63.129.16', 32, 'the platform service of Azure'),
  range('100.100.100.200', 32, 'the metadata service of Alibaba Cloud'),
  range('192.0.0.192', 32, 'the metadata service of Oracle Cloud'),
];
const V6: readonly Range[] = [
  range('::', 128, 'the unspecified address'),
  range('::1', 128, 'the loopback address'),
  range('::ffff:0:0', 96, 'an IPv4-mapped address'),
  range('::ffff:0:0:0', 96, 'an IPv4-translated address'),
  range('::', 96, 'an IPv4-compatible address'),
  range('64:ff9b::', 96, 'a NAT64 address'),
  range('64:ff9b:1::', 48, 'a NAT64 address'),
  range('100::', 64, 'a discard-only address'),
  range('2001::', 32, 'a Teredo address'),
  range('fe80::', 10, 'a link-local address'),
  range('fec0::', 10, 'a site-local address'),
  range('ff00::', 8, 'a multicast address'),
  range('fd00:ec2::', 32, 'a service address of AWS'),
  range('fd20:ce::254', 128, 'the metadata service of Google Cloud'),
];

/**
 * Checks an address that an EndpointSlice or Endpoints object gives. Whoever may write such an object in a namespace decides where calls go,
 * with all their headers; so only addresses of the kind that a Pod has are taken: never a name, never an address of this machine, of its link or
 * of a cloud's metadata service, in no notation.
 */
export function checkAddress(text: string, type: AddressType): CheckedAddress {
  const shown = JSON.stringify(text.slice(0, 100));
  if (type === 'FQDN') return { refused: `${shown} is a name (addressType FQDN)` };
  const address = parseIp(text);
  if (address === undefined) return { refused: `${shown} is no IP address` };
  if ((type === 'IPv4' && address.family !== 4) || (type === 'IPv6' && address.family !== 6))
    return { refused: `${shown} is not of the addressType ${type}` };
  const why = reasonAgainst(address);
  return why === undefined ? { address: address.text } : { refused: `${shown} is ${why}` };
}

function reasonAgainst(address: IpAddress): string | undefined {
  const what = (address.family === 4 ? V4 : V6).find((each) => contains(each, address.bytes))?.what;
  if (what !== undefined || address.family === 4) return what;
  for (const { name, bytes } of embedded(address.bytes)) {
    const inner = V4.find((each) => contains(each, bytes))?.what;
    if (inner !== undefined) return `a ${name} address of ${bytes.join('.')}, ${inner}`;
  }
  return undefined;
}

/** IPv4 addresses that packets to an IPv6 address may end at. */
function* embedded(bytes: readonly number[]): IterableIterator<{ readonly name: string; readonly bytes: readonly number[] }> {
  if (bytes[0] === 0x20 && bytes[1] === 0x02) yield { name: '6to4', bytes: bytes.slice(2, 6) };
  if ((bytes[8] === 0 || bytes[8] === 2) && bytes[9] === 0 && bytes[10] === 0x5e && bytes[11] === 0xfe)
    yield { name: 'ISATAP', bytes: bytes.slice(12) };
}

interface Range {
  readonly bytes: readonly number[];
  readonly bits: number;
  readonly what: string;
}

function range(prefix: string, bits: number, what: string): Range {
  return { bytes: (parseIp(prefix) as IpAddress).bytes, bits, what };
}

function contains({ bytes, bits }: Range, address: readonly number[]): boolean {
  for (let i = 0, left = bits; left > 0; i += 1, left -= 8) {
    const mask = left >= 8 ? 255 : (0xff << (8 - left)) & 255;
    if (((bytes[i] as number) ^ (address[i] as number)) & mask) return false;
  }
  return true;
}
