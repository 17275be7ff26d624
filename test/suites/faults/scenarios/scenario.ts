import type { Breakable } from '../breakable.js';
import type { Check } from '../report.js';
import { check, faultsOf, wrongCounters } from '../checker.js';
import { World, type WorldOptions } from '../world.js';

/** A fault of one kind, brought about on purpose, and the figures it must not exceed. */
export interface Scenario {
  name: string;
  /** Rows of the table of promises. */
  proves: number[];
  play(stage: Stage): Promise<void>;
}

/** A scenario's finding, with the required figure. */
export interface Figure {
  what: string;
  found: string;
  wanted: string;
  good: boolean;
}

/** The place where a scenario runs and notes its findings. */
export class Stage {
  readonly figures: Figure[] = [];
  skipped?: string;
  private readonly ends: (() => Promise<unknown>)[] = [];

  constructor(
    /** Shared by scenarios that leave it alone. */
    readonly postgres: Breakable,
    /** The long form: outages as long as the promises have them. */
    readonly long: boolean,
    /** The time within which all work must be done once everything is repaired. */
    readonly patienceMs = 60_000,
  ) {}

  async world(options: WorldOptions): Promise<World> {
    const world = await World.start(options);
    this.onEnd(() => world.end());
    return world;
  }

  note(what: string, found: string | number, wanted: string, good: boolean): void {
    this.figures.push({ what, found: String(found), wanted, good });
  }

  /** A duration that must stay below `limitMs`. */
  within(what: string, ms: number, limitMs: number): void {
    this.note(what, `${(ms / 1000).toFixed(2)} s`, `< ${limitMs / 1000} s`, ms < limitMs);
  }

  none(what: string, found: unknown[]): void {
    const some = found.length > 0 ? `: ${found.slice(0, 3).map(String).join('; ')}` : '';
    this.note(what, `${found.length}${some}`, '0', found.length === 0);
  }

  /** Drains the world and compares the ledger with what is there. */
  async settle(world: World, what = ''): Promise<void> {
    const quiet = await world.drain(this.patienceMs);
    this.note(`${what}everything is quiet afterwards`, quiet ? 'yes' : 'no', 'yes', quiet);
    const findings = await check(world);
    const acked = findings.reduce((sum, finding) => sum + finding.acked, 0);
    this.none(`${what}of ${acked} acknowledged: lost, doubled, wrong, unexpected, owed, given up`, faultsOf(findings));
    this.none(`${what}counters that a recount does not confirm`, await wrongCounters(world.herald));
    this.none(`${what}services that ended by themselves`, world.casualties);
  }

  onEnd(end: () => Promise<unknown>): void {
    this.ends.push(end);
  }

  async end(): Promise<void> {
    for (const end of this.ends.toReversed()) await end();
  }

  checks(scenario: string): Check[] {
    if (this.skipped) return [{ name: scenario, faults: [], skipped: this.skipped }];
    return this.figures.map(({ what, found, wanted, good }) => ({
      name: `${scenario}: ${what}`,
      faults: good ? [] : [`${found}, wanted ${wanted}`],
    }));
  }
}
