import type { World } from '../world.js';
import type { Caller } from './caller.js';
import type { Producers } from './producers.js';

/** What an actor works with. */
export interface Scene {
  world: World;
  caller: Caller;
  producers: Producers;
  /** Every second time true: half of what can carry an Idempotency-Key does. */
  keyed(): boolean;
}

/** One client that does the same thing again and again: a door of a slice. */
export interface Actor {
  door: string;
  /** How many such clients there are. */
  clients: number;
  pauseMs: number;
  act(): Promise<void>;
}

/** How long a message may be under way while things break, before its client gives up waiting for it. */
export const VISIBLE_WITHIN_MS = 60_000;
