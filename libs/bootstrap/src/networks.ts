import { BlockList, isIP, isIPv4, isIPv6, SocketAddress } from 'node:net';
import { z } from 'zod';

export const listOf = (value: string): string[] => value.split(',').map((part) => part.trim());

function isNetwork(text: string): boolean {
  const [address = '', bits] = text.split('/');
  const version = isIP(address);
  return version > 0 && (bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= (version === 4 ? 32 : 128)));
}

/** Addresses and networks, separated by commas. */
export const networks = z
  .string()
  .transform(listOf)
  .refine((values) => values.every(isNetwork), { error: 'must be a list of addresses and networks like 10.0.0.0/8' });

/** The host by which this machine reaches what listens on an address, as URLs write it. */
export function localHost(address: string): string {
  if (address === '0.0.0.0') return '127.0.0.1';
  if (address === '::') return '[::1]';
  return isIPv6(address) ? `[${address}]` : address;
}

/**
 * An address in the one way in which it is compared, however a socket or a proxy writes it: without port, brackets and
 * zone, and an IPv4 address that is mapped into IPv6 as the former. Undefined for what is no address.
 */
export function addressOf(text = ''): string | undefined {
  const [, bracketed, dotted] = /^(?:\[([^\]]*)\]|([\d.]+))(?::\d+)?$/.exec(text) ?? [];
  const [address = ''] = (bracketed ?? dotted ?? text).split('%');
  if (isIPv4(address)) return address;
  if (!isIPv6(address)) return undefined;
  const { address: plain } = new SocketAddress({ address, family: 'ipv6' });
  return /^::ffff:([\d.]+)$/.exec(plain)?.[1] ?? plain;
}

/** Whether an address, as `X-Forwarded-For` may write it, is in one of the networks. */
export function memberOf(listed: string[]): (address: string | undefined) => boolean {
  const list = new BlockList();
  for (const network of listed) {
    const [text = '', bits] = network.split('/');
    const address = addressOf(text) as string;
    const [family, all] = isIPv4(address) ? (['ipv4', 32] as const) : (['ipv6', 128] as const);
    // The network of a mapped address has 96 bits more.
    const length = bits === undefined ? all : Number(bits) - (family === 'ipv4' && text.includes(':') ? 96 : 0);
    list.addSubnet(address, Math.max(0, length), family);
  }
  return (text) => {
    const address = addressOf(text);
    return address !== undefined && list.check(address, isIPv4(address) ? 'ipv4' : 'ipv6');
  };
}

/** What has one IPv6 address has the /64 around it. */
export function networkOf(text: string | undefined): string {
  const address = addressOf(text) ?? '';
  if (!address.includes(':')) return address;
  const [start = '', end] = address.split('::');
  const groups = start.split(':');
  return (end === undefined ? groups : [...groups, '0', '0', '0', '0']).slice(0, 4).join(':');
}

/** A request, as far as it tells where it comes from. */
interface Addressed {
  /** With trusted proxies: the connection's address, then those that proxies tell, up to the first that is not trusted. */
  ips?: (string | undefined)[];
  ip?: string;
}

/**
 * The network that a request comes from. What a proxy tells that is no address is as if the proxy itself had asked; '' when
 * the connection has gone already.
 */
export const networkOfClient = ({ ips, ip }: Addressed): string =>
  networkOf((ips ?? [ip]).findLast((each) => addressOf(each) !== undefined));
