import { BlockList, isIP } from 'node:net';

/** Whether the text is an address or ADDRESS/BITS. */
export function isProxyRange(text: string): boolean {
  return read(text) !== undefined;
}

/** The proxies in front whose word about the client is taken; of anybody else it is dropped, since each client can write such headers. */
export class TrustedProxies {
  readonly #ranges = new BlockList();
  readonly #some: boolean;

  /** @throws TypeError for a range that `isProxyRange` refuses */
  constructor(ranges: readonly string[]) {
    for (const text of ranges) {
      const range = read(text);
      if (range === undefined) throw new TypeError(`${JSON.stringify(text)} is neither an address nor ADDRESS/BITS`);
      this.#ranges.addSubnet(range.address, range.bits, range.family);
    }
    this.#some = ranges.length > 0;
  }

  /** `address` as the socket tells it, without the prefix of IPv4 in IPv6. */
  trusts(address: string | undefined): boolean {
    return this.#some && address !== undefined && this.#ranges.check(address, address.includes(':') ? 'ipv6' : 'ipv4');
  }
}

function read(text: string): { readonly address: string; readonly bits: number; readonly family: 'ipv4' | 'ipv6' } | undefined {
  const slash = text.indexOf('/');
  const address = slash < 0 ? text : text.slice(0, slash);
  const version = isIP(address);
  if (version === 0 || address.includes('%')) return undefined;
  const most = version === 4 ? 32 : 128;
  const word = slash < 0 ? String(most) : text.slice(slash + 1);
  if (!/^\d{1,3}$/u.test(word) || Number(word) > most) return undefined;
  return { address, bits: Number(word), family: version === 4 ? 'ipv4' : 'ipv6' };
}
