import { BlockList, isIP, isIPv4, isIPv6, SocketAddress } from 'node:net';
import { z } from 'zod';

export const splitList = (value: string): string[] => value.split(',').map((part) => part.trim());

function isNetwork(text: string): boolean {
  const [address = '', bits] = text.split('/');
  const version = isIP(address);
  return version > 0 && (bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= (version === 4 ? 32 : 128)));
}

/** Addresses and networks, separated by commas. */
export const networks = z
  .string()
  .transform(splitList)
  .refine((values) => values.every(isNetwork), { error: 'must be a list of addresses and networks like 10.0.0.0/8' });

/** Returns the host, as written in a URL, by which this machine reaches a server that listens on an address. */
export function localHost(address: string): string {
  if (address === '0.0.0.0') return '127.0.0.1';
  if (address === '::') return '[::1]';
  return isIPv6(address) ? `[${address}]` : address;
}

/**
 * Normalizes an address, as a socket or a proxy writes it, for comparison: without port, brackets and zone, and an
 * IPv4-mapped IPv6 address as IPv4. Undefined if it is no address.
 */
export function addressOf(text = ''): string | undefined {
  const [, bracketed, dotted] = /^(?:\[([^\]]*)\]|([\d.]+))(?::\d+)?$/.exec(text) ?? [];
  const [address = ''] = (bracketed ?? dotted ?? text).split('%');
  if (isIPv4(address)) return address;
  if (!isIPv6(address)) return undefined;
  const { address: plain } = new SocketAddress({ address, family: 'ipv6' });
  return /^::ffff:([\d.]+)$/.exec(plain)?.[1] ?? plain;
}

/** Returns a check whether an address, in any form that `X-Forwarded-For` has, is in one of the networks. */
export function inNetworks(listed: string[]): (address: string | undefined) => boolean {
  const list = new BlockList();
  for (const network of listed) {
    const [text = '', bits] = network.split('/');
    const address = addressOf(text) as string;
    const [family, all] = isIPv4(address) ? (['ipv4', 32] as const) : (['ipv6', 128] as const);
    // The prefix of an IPv4-mapped network is 96 bits longer.
    const length = bits === undefined ? all : Number(bits) - (family === 'ipv4' && text.includes(':') ? 96 : 0);
    list.addSubnet(address, Math.max(0, length), family);
  }
  return (text) => {
    const address = addressOf(text);
    return address !== undefined && list.check(address, isIPv4(address) ? 'ipv4' : 'ipv6');
  };
}

/** Returns an IPv4 address itself, and the /64 of an IPv6 address, because its owner usually has the whole /64. */
export function networkOf(text: string | undefined): string {
  const address = addressOf(text) ?? '';
  if (!address.includes(':')) return address;
  const [start = '', end] = address.split('::');
  const groups = start.split(':');
  return (end === undefined ? groups : [...groups, '0', '0', '0', '0']).slice(0, 4).join(':');
}

/** The addresses of a request. */
interface Addressed {
  /** With trusted proxies: the connection's address, then those that proxies report, up to the first untrusted one. */
  ips?: (string | undefined)[];
  ip?: string;
}

/**
 * Returns the network that a request comes from: the proxy's own when it reports something that is no address, and ''
 * when the connection is already closed.
 */
export const networkOfClient = ({ ips, ip }: Addressed): string =>
  networkOf((ips ?? [ip]).findLast((each) => addressOf(each) !== undefined));
