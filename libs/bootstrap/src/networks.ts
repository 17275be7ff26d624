import { isIP, isIPv6 } from 'node:net';
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

/** Who has one IPv6 address has the /64 around it. */
export function networkOf(address: string): string {
  if (!address.includes(':') || address.includes('.')) return address;
  const [start = ''] = address.split('::');
  return [...start.split(':'), '0', '0', '0', '0'].slice(0, 4).join(':');
}
