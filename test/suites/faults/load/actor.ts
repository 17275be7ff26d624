/** One client that does the same thing again and again: a door of a slice. */
export interface Actor {
  door: string;
  /** How many such clients there are. */
  clients: number;
  pauseMs: number;
  act(): Promise<unknown>;
}

/** How long a message may be under way while things break, before its client gives up waiting for it. */
export const VISIBLE_WITHIN_MS = 60_000;
