import { randomInt } from 'node:crypto';
import getPort from 'get-port';

const lowest = 20_000;
const highest = 30_000;
const tries = 50;
/** Ports reserved for services that start later. */
const kept = new Set<number>();

/** Excludes these ports from `freePort`. */
export function keepFree(ports: Iterable<number>): void {
  for (const port of ports) kept.add(port);
}

/**
 * Returns a free port that other programs are unlikely to take, also while a server restarts. Systems use ports from
 * 32768 up (macOS: 49152) for outgoing connections: such a port may be taken at any time, and a client that keeps
 * dialling a closed one may even connect to itself and occupy it.
 */
export function freePort(): Promise<number> {
  return getPort({ port: Array.from({ length: tries }, () => randomInt(lowest, highest)), exclude: kept });
}
