import { clocks } from './clocks.js';
import { commandKilled } from './command-killed.js';
import { diskFull } from './disk-full.js';
import { firstUse } from './first-use.js';
import { gatewayKilled } from './gateway-killed.js';
import { killer } from './killer.js';
import { poison } from './poison.js';
import { postgresAway } from './postgres-away.js';
import { redisAway } from './redis-away.js';
import { rollingRestart } from './rolling-restart.js';
import type { Scenario } from './scenario.js';
import { silentConnections } from './silent-connections.js';
import { sweepers } from './sweepers.js';
import { twice } from './twice.js';
import { workerKilled } from './worker-killed.js';

/** The longest first: the others are played beside them. */
export const SCENARIOS: Scenario[] = [
  rollingRestart,
  killer,
  postgresAway,
  redisAway,
  ...diskFull,
  silentConnections,
  workerKilled,
  gatewayKilled,
  firstUse,
  ...commandKilled,
  twice,
  sweepers,
  poison,
  clocks,
];
