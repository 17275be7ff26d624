/** So many requests in a span of time that opens with the first of them. */
export interface Quota {
  name: string;
  limit: number;
  seconds: number;
}

/** How much of a quota is spent, and how long its window stays open. */
export interface Standing {
  spent: number;
  msLeft: number;
}

/** Whether there was room in every window; when there was not, nothing was taken from any. */
export interface Taken {
  admitted: boolean;
  /** In the order of the quotas. */
  standings: Standing[];
}

/** The quotas that are in force: a limit of 0 is none. */
export const quotas = (perMinute: number, perHour: number): Quota[] =>
  [
    { name: 'burst', limit: perMinute, seconds: 60 },
    { name: 'hour', limit: perHour, seconds: 3600 },
  ].filter(({ limit }) => limit > 0);

/** Whole seconds, as headers have them: after so many it is over. */
export const secondsOf = (ms: number): number => Math.max(0, Math.ceil(ms / 1000));
