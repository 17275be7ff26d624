import type { Random } from '../random.js';
import { AIMS, type Aim } from './aims.js';
import { STRIKES, type Strike } from './strikes.js';

/** One fault: what it aims at, how it strikes, and how long that lasts. */
export interface Planned {
  aim: Aim;
  strike: Strike;
  lastsMs: number;
  pauseMs: number;
}

/** The same seed gives the same faults. Each state is aimed at, and each strike made, before any comes again. */
export function scheduleOf(random: Random, count: number): Planned[] {
  const aims = random.deal(AIMS, count);
  const strikes = random.deal(STRIKES, count);
  return aims.map((aim) => {
    const at = strikes.findIndex((strike) => !aim.away || strike.hits !== aim.away);
    const [strike] = strikes.splice(at, 1) as [Strike];
    return { aim, strike, lastsMs: random.between(500, 4000), pauseMs: random.between(200, 1500) };
  });
}
