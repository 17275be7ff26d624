import { otherThan, type Outage, refusedWell, watch } from './outage.js';
import { p99 } from './probe.js';
import { type Scenario } from './scenario.js';

const OUTAGES: Outage[] = [
  { name: 'stopped', begin: ({ redis }) => redis.kill(), end: ({ redis }) => redis.startAgain() },
  { name: 'frozen', begin: ({ redis }) => redis.freeze(), end: ({ redis }) => redis.thaw() },
  {
    name: 'out of memory',
    begin: ({ eye }) => eye.config('SET', 'maxmemory', '1mb'),
    end: ({ eye }) => eye.config('SET', 'maxmemory', '0'),
  },
];

/** No request hangs, every send is accepted, and workers come back by themselves. */
export const redisAway: Scenario = {
  name: 'Redis away',
  proves: [6, 7, 8],
  async play(stage) {
    const world = await stage.world({
      services: { gateway: 1, delivery: 1, 'agent-actions': 1, 'merchant-answers': 1 },
      postgres: stage.postgres,
    });
    for (const outage of OUTAGES) {
      const seconds = stage.long ? (outage.name === 'stopped' ? 60 : 20) : 4;
      const { sends, commands, reads, consumingMs } = await watch(world, outage, seconds * 1000);
      const what = `Redis ${outage.name} for ${seconds} s`;
      stage.none(`${what}: of ${sends.length} sends not accepted`, otherThan([202], sends));
      refusedWell(stage, `${what}: commands`, commands, outage.name === 'out of memory' ? [200] : []);
      stage.none(`${what}: of ${reads.length} reads not answered`, otherThan([200], reads));
      stage.within(
        `${what}: p99 of all ${sends.length + commands.length + reads.length} requests`,
        p99([...sends, ...commands, ...reads]),
        1500,
      );
      stage.within(`${what}: every worker works again`, consumingMs, 5000);
    }
    await stage.settle(world);
  },
};
