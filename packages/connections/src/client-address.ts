import { BlockList, isIP } from 'node:net';

/** The proxies that are believed when they say for whom they ask. */
export class TrustedProxies {
  readonly #list = new BlockList();

  /** `ranges`: addresses, or ranges as in 10.0.0.0/8. */
  constructor(ranges: readonly string[]) {
    for (const range of ranges) {
      const [address = '', bits] = range.split('/');
      const family = isIP(address) === 6 ? 'ipv6' : 'ipv4';
      if (bits === undefined) this.#list.addAddress(address, family);
      else this.#list.addSubnet(address, Number(bits), family);
    }
  }

  has(address: string): boolean {
    const plain = unmapped(address);
    return isIP(plain) !== 0 && this.#list.check(plain, isIP(plain) === 6 ? 'ipv6' : 'ipv4');
  }

  /**
   * The client's address: the last one in `X-Forwarded-For` that is not a proxy's, as far as proxies that are trusted
   * wrote it; without them, the connection's own. What a client writes there itself counts for nothing.
   */
  clientOf(connected: string, forwardedFor: string | undefined): string {
    let client = unmapped(connected);
    for (const hop of (forwardedFor ?? '').split(',').reverse()) {
      const address = unmapped(hop.trim());
      if (!this.has(client) || isIP(address) === 0) break;
      client = address;
    }
    return client;
  }
}

const LOOPBACK = new TrustedProxies(['127.0.0.0/8', '::1']);

/** Whether an address is this machine's own. */
export const isLoopback = (address: string) => LOOPBACK.has(address);

/** Whether a text is an address, or a range of them as in 10.0.0.0/8. */
export function isAddressRange(text: string): boolean {
  const [address = '', bits, ...rest] = text.split('/');
  const version = isIP(address);
  if (version === 0 || rest.length > 0) return false;
  return bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= (version === 6 ? 128 : 32));
}

/** What counts as one client: an address of IPv4, and of IPv6 the network that one customer is given, a /64. */
export function addressGroup(address: string): string {
  const plain = unmapped(address);
  if (isIP(plain) !== 6) return plain;
  const [head = '', tail] = (plain.split('%', 1)[0] ?? '').split('::');
  const left = head === '' ? [] : head.split(':');
  const right = tail === undefined || tail === '' ? [] : tail.split(':');
  const zeros = tail === undefined ? 0 : Math.max(0, 8 - left.length - right.length);
  const groups = [...left, ...Array<string>(zeros).fill('0'), ...right];
  return groups
    .slice(0, 4)
    .map((group) => Number.parseInt(group, 16).toString(16))
    .join(':');
}

/** An address of IPv4 that a socket of IPv6 shows as `::ffff:10.0.0.1`. */
const unmapped = (address: string) => address.replace(/^::ffff:(?=\d+\.)/i, '');
