import type { Environment } from '@marcbachmann/cel-js';
import { isIPv4, isIPv6 } from '../../schema/string-formats.ts';

/** An IP address: its bits as one number. */
class Address {
  readonly bits: bigint;
  readonly family: 4 | 6;

  constructor(bits: bigint, family: 4 | 6) {
    this.bits = bits;
    this.family = family;
  }

  get width(): number {
    return this.family === 4 ? 32 : 128;
  }

  toString(): string {
    if (this.family === 4) return [24n, 16n, 8n, 0n].map((shift) => (this.bits >> shift) & 255n).join('.');
    const groups = Array.from({ length: 8 }, (_, index) => ((this.bits >> BigInt(112 - 16 * index)) & 0xffffn).toString(16));
    // The longest run of zeroes, the first of equals, is left out.
    let best = { at: -1, length: 1 };
    for (let at = 0; at < 8; at += 1) {
      let length = 0;
      while (groups[at + length] === '0') length += 1;
      if (length > best.length) best = { at, length };
    }
    if (best.at < 0) return groups.join(':');
    return `${groups.slice(0, best.at).join(':')}::${groups.slice(best.at + best.length).join(':')}`;
  }
}

class Cidr {
  readonly address: Address;
  readonly prefix: number;

  constructor(address: Address, prefix: number) {
    this.address = address;
    this.prefix = prefix;
  }

  get network(): bigint {
    const host = BigInt(this.address.width - this.prefix);
    return (this.address.bits >> host) << host;
  }

  contains(other: Address): boolean {
    const host = BigInt(this.address.width - this.prefix);
    return other.family === this.address.family && other.bits >> host === this.address.bits >> host;
  }

  toString(): string {
    return `${String(this.address)}/${this.prefix}`;
  }
}

/** What the name `ip` stands for, where it is not called. */
class AddressNames {
  readonly canonical = (text: string): boolean => String(address(text)) === text;
}

/** Strict, as the server is: no leading zeroes, no zone, no IPv4 within IPv6. */
function parseAddress(text: string): Address | undefined {
  if (isIPv4(text)) {
    const parts = text.split('.');
    if (parts.some((part) => part.length > 1 && part.startsWith('0'))) return undefined;
    return new Address(
      parts.reduce((bits, part) => (bits << 8n) | BigInt(part), 0n),
      4,
    );
  }
  if (!isIPv6(text) || text.includes('.')) return undefined;
  const [head = '', tail] = text.split('::');
  const groups = (half: string): string[] => (half === '' ? [] : half.split(':'));
  const before = groups(head);
  const after = tail === undefined ? [] : groups(tail);
  const all = [...before, ...Array.from({ length: 8 - before.length - after.length }, () => '0'), ...after];
  const bits = all.reduce((sum, group) => (sum << 16n) | BigInt(`0x${group}`), 0n);
  return bits >> 32n === 0xffffn ? undefined : new Address(bits, 6);
}

function parseCidr(text: string): Cidr | undefined {
  const [before = '', prefix = '', ...more] = text.split('/');
  const address = parseAddress(before);
  if (address === undefined || more.length > 0 || !/^(?:0|[1-9]\d{0,2})$/u.test(prefix) || Number(prefix) > address.width) return undefined;
  return new Cidr(address, Number(prefix));
}

function address(text: string): Address {
  const parsed = parseAddress(text);
  if (parsed === undefined) throw new Error(`IP Address ${JSON.stringify(text)} parse error during conversion from string`);
  return parsed;
}

function cidr(text: string): Cidr {
  const parsed = parseCidr(text);
  if (parsed === undefined) throw new Error(`network address parse error during conversion from string: ${JSON.stringify(text)}`);
  return parsed;
}

const within = (value: Address, ...networks: readonly string[]): boolean => networks.some((network) => cidr(network).contains(value));

/** Kubernetes' functions on IP addresses and networks. */
export function registerNetworks(env: Environment): void {
  const ip = 'net.IP';
  const net = 'net.CIDR';
  env.registerType(ip, Address).registerType(net, Cidr).registerType('net.IPs', AddressNames);
  env.registerConstant('ip', 'net.IPs', new AddressNames());
  env.registerFunction('isIP(string): bool', (text: string) => parseAddress(text) !== undefined);
  env.registerFunction(`ip(string): ${ip}`, address);
  env.registerFunction('net.IPs.isCanonical(string): bool', (names: AddressNames, text: string) => names.canonical(text));
  env.registerFunction(`string(${ip}): string`, String);
  env.registerOperator(`${ip} == ${ip}`, (a: Address, b: Address) => a.bits === b.bits && a.family === b.family);
  env.registerFunction(`${ip}.family(): int`, (value: Address) => BigInt(value.family));
  env.registerFunction(`${ip}.isUnspecified(): bool`, ({ bits }: Address) => bits === 0n);
  env.registerFunction(`${ip}.isLoopback(): bool`, (value: Address) => within(value, '127.0.0.0/8', '::1/128'));
  env.registerFunction(`${ip}.isLinkLocalMulticast(): bool`, (value: Address) =>
    within(value, '224.0.0.0/24', 'ff02::/16', 'ff12::/16', 'ff22::/16', 'ff32::/16'),
  );
  env.registerFunction(`${ip}.isLinkLocalUnicast(): bool`, (value: Address) => within(value, '169.254.0.0/16', 'fe80::/10'));
  env.registerFunction(
    `${ip}.isGlobalUnicast(): bool`,
    (value: Address) =>
      value.bits !== 0n &&
      !within(value, '255.255.255.255/32', '127.0.0.0/8', '::1/128', '224.0.0.0/4', 'ff00::/8', '169.254.0.0/16', 'fe80::/10'),
  );
  env.registerFunction('isCIDR(string): bool', (text: string) => parseCidr(text) !== undefined);
  env.registerFunction(`cidr(string): ${net}`, cidr);
  env.registerFunction(`string(${net}): string`, String);
  env.registerOperator(`${net} == ${net}`, (a: Cidr, b: Cidr) => String(a) === String(b));
  env.registerFunction(`${net}.ip(): ${ip}`, (value: Cidr) => value.address);
  env.registerFunction(`${net}.prefixLength(): int`, (value: Cidr) => BigInt(value.prefix));
  env.registerFunction(
    `${net}.masked(): ${net}`,
    (value: Cidr) => new Cidr(new Address(value.network, value.address.family), value.prefix),
  );
  env.registerFunction(`${net}.containsIP(${ip}): bool`, (value: Cidr, other: Address) => value.contains(other));
  env.registerFunction(`${net}.containsIP(string): bool`, (value: Cidr, other: string) => value.contains(address(other)));
  env.registerFunction(`${net}.containsCIDR(${net}): bool`, containsCidr);
  env.registerFunction(`${net}.containsCIDR(string): bool`, (value: Cidr, other: string) => containsCidr(value, cidr(other)));
}

function containsCidr(value: Cidr, other: Cidr): boolean {
  return other.prefix >= value.prefix && value.contains(other.address);
}
