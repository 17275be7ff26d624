import { brokenBuild } from '../../support/preloads.js';
import { playAnswerKilled, playVerdictKilled } from './scenarios/command-killed.js';
import { playGatewayKilled } from './scenarios/gateway-killed.js';
import { playKiller } from './scenarios/killer.js';
import { playPostgresAway } from './scenarios/postgres-away.js';
import type { Scenario, Stage } from './scenarios/scenario.js';
import { playTwice } from './scenarios/twice.js';
import { playWorkerKilled } from './scenarios/worker-killed.js';

/** A build that breaks a promise on purpose, and the scenario that must catch it. */
export interface Mutant extends Scenario {
  /** Matches the scenario's finding. */
  caughtBy: RegExp;
}

const mutant = (
  name: string,
  file: string,
  play: (stage: Stage, preload: string[]) => Promise<void>,
  caughtBy: RegExp,
) => ({
  name,
  proves: [3],
  play: (stage: Stage) => play(stage, [brokenBuild(file)]),
  caughtBy,
});

/** The longest first: the others are played beside it. */
export const MUTANTS: Mutant[] = [
  mutant('tries poison for ever', 'workers/unbounded-retry', playKiller, /is a dead letter: 0/),
  mutant('answers before COMMIT', 'gateway/answer-before-commit', playGatewayKilled, /\d lost/),
  mutant('has no sweeper', 'gateway/no-sweeper', playGatewayKilled, /\d owed/),
  mutant(
    'has its effect without the token',
    'workers/effect-without-token',
    playTwice,
    /delivery, batch: [^;]*\d doubled/,
  ),
  mutant('deletes outside the transaction', 'workers/delete-outside-transaction', playWorkerKilled, /\d lost/),
  mutant('replies before COMMIT', 'workers/reply-before-commit', playAnswerKilled, /answer: \d lost/),
  mutant('keeps no verdict', 'workers/verdict-not-kept', playVerdictKilled, /read-all: \d wrong/),
  mutant('does not split a job that is given up', 'workers/no-splitting', playKiller, /committed with it, arrived: 0/),
  mutant(
    'blames messages for an outage',
    'workers/outage-is-a-failure',
    (stage, preload) => playPostgresAway(stage, ['killed'], preload),
    /attempts that an outage burned: [1-9]/,
  ),
];

/** Returns the bad figures of a stage, as lines for `caughtBy`. */
export const against = (stage: Stage): string[] =>
  stage.figures.filter(({ good }) => !good).map(({ what, found }) => `${what}: ${found}`);
