/** A number of requests in a window of time that opens with the first of them. */
export interface Quota {
  name: string;
  limit: number;
  seconds: number;
}

/** The spent part of a quota, and the time until its window closes. */
export interface Standing {
  spent: number;
  msLeft: number;
}

/** The result of taking a cost: from every window, or, when one has no room, from none. */
export interface Taken {
  allowed: boolean;
  /** In the order of the quotas. */
  standings: Standing[];
}

/** Returns the quotas in force: a limit of 0 means no limit. */
export const quotas = (perMinute: number, perHour: number): Quota[] =>
  [
    { name: 'burst', limit: perMinute, seconds: 60 },
    { name: 'hour', limit: perHour, seconds: 3600 },
  ].filter(({ limit }) => limit > 0);

/** Rounds up to whole seconds, as in headers. */
export const secondsOf = (ms: number): number => Math.max(0, Math.ceil(ms / 1000));
