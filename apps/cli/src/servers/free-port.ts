import { randomInt } from 'node:crypto';
import getPort from 'get-port';

const lowest = 20_000;
const highest = 30_000;
const tries = 50;
/** Ports that are meant for what starts later. */
const kept = new Set<number>();

/** `freePort` gives none of these. */
export function keepFree(ports: Iterable<number>): void {
  for (const port of ports) kept.add(port);
}

/**
 * A port that stays ours until we listen, and while what listened is started again. Systems take the ports of
 * outgoing connections from 32768 up (macOS: 49152): one from there may be gone a moment later, and who dials
 * a dead one again and again may even be connected to himself and hold it.
 */
export function freePort(): Promise<number> {
  return getPort({ port: Array.from({ length: tries }, () => randomInt(lowest, highest)), exclude: kept });
}
