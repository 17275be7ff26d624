/** One client that does the same thing again and again: a door of a slice. */
export interface Actor {
  door: string;
  /** The number of such clients. */
  clients: number;
  pauseMs: number;
  act(): Promise<unknown>;
}

/** A client stops waiting for its message after this time. */
export const VISIBLE_WITHIN_MS = 60_000;
