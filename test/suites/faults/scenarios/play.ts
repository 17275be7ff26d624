import { say } from '../report.js';
import type { Scenario, Stage } from './scenario.js';

/** Plays scenarios side by side, `abreast` at a time; one that breaks off is a fault like any other. */
export async function play<S extends Scenario>(scenarios: S[], stageOf: (scenario: S) => Stage, abreast: number) {
  const waiting = [...scenarios];
  const stages = new Map<S, Stage>();
  const work = async () => {
    for (let next = waiting.shift(); next; next = waiting.shift()) stages.set(next, await playOne(next, stageOf(next)));
  };
  await Promise.all(Array.from({ length: abreast }, work));
  return scenarios.map((scenario) => ({ scenario, stage: stages.get(scenario) as Stage }));
}

async function playOne(scenario: Scenario, stage: Stage): Promise<Stage> {
  const begun = performance.now();
  try {
    await scenario.play(stage);
  } catch (error) {
    stage.none('went on to the end', [(error as Error).stack]);
  }
  await stage.end().catch((error: Error) => stage.none('left nothing behind', [error.stack]));
  const bad = stage.figures.filter(({ good }) => !good).length;
  const result = stage.skipped ? `skipped: ${stage.skipped}` : bad > 0 ? `${bad} do not hold` : 'all holds';
  say(`${scenario.name}: ${result} (${((performance.now() - begun) / 1000).toFixed(0)} s)`);
  return stage;
}
