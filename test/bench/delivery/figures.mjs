/** Takes each figure. All systems go through the same code. */
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { Queue } from 'bullmq';
import { cpuSeconds, descendants, machineBusySeconds, residentMiB } from '../proc.mjs';
import { runPlan } from '../processes.mjs';
import { messages } from './message.mjs';

const here = (file) => fileURLToPath(new URL(file, import.meta.url));
const CONNECTIONS = 64;
const DRAIN_SECONDS = 180;
const JOBS_PER_CALL = 500;

export class DeliveryFigures {
  #queues = new Map();

  constructor(servers) {
    this.servers = servers;
  }

  async close() {
    for (const queue of this.#queues.values()) await queue.close();
  }

  /** 64 connections for some seconds, until the last accepted message is a row of the feed. */
  async sustained(system, seconds) {
    const before = await this.#delivered(system);
    const cpuBefore = this.#cpu(system);
    const load = await runPlan(here('../closed-loop.mjs'), { ...this.#plan(system), seconds });
    refuseRefusals(system, load.refused);
    const memoryMiB = residentMiB(system.pids);
    const { finishedAt, cpu } = await this.#untilDelivered(system, before + load.accepted);
    const used = (which) => cpu[which] - cpuBefore[which];
    const per1000 = (which) => (used(which) / load.accepted) * 1000;
    const ours = ['own', 'redis', 'postgres'].reduce((sum, which) => sum + used(which), load.clientCpuSeconds);
    return {
      acceptedPerSecond: load.accepted / load.elapsedSeconds,
      acceptP50Ms: load.p50Ms,
      acceptP99Ms: load.p99Ms,
      sustainedPerSecond: (load.accepted / (finishedAt - load.startedAt)) * 1000,
      cpuOwn: per1000('own'),
      cpuRedis: per1000('redis'),
      cpuPostgres: per1000('postgres'),
      cpuClient: (load.clientCpuSeconds / load.accepted) * 1000,
      memoryMiB,
      othersCores: (used('machine') - ours) / used('wall'),
    };
  }

  /** From the moment a message was due to be sent until its row is visible. */
  async endToEnd(system, perSecond, seconds) {
    const before = await this.#delivered(system);
    const load = await runPlan(here('../open-loop.mjs'), {
      ...this.#plan(system),
      perSecond,
      seconds,
      databaseUrl: system.databaseUrl,
      visibleSql: system.visibleSql,
      drainSeconds: DRAIN_SECONDS,
    });
    refuseRefusals(system, load.refused);
    await this.#untilDelivered(system, before + load.delivered);
    return { [`p50At${perSecond}`]: load.p50Ms, [`p99At${perSecond}`]: load.p99Ms };
  }

  /** Single-message jobs of a plain producer, put on the paused queue, timed from its release. */
  async drain(system, jobs) {
    const queue = this.#queue(system);
    const before = await this.#delivered(system);
    await queue.pause();
    for (let n = 0; n < jobs; n += JOBS_PER_CALL) {
      const bodies = Array.from({ length: Math.min(JOBS_PER_CALL, jobs - n) }, (_, i) => messages[(n + i) % 1000]);
      await queue.addBulk(bodies.map((body) => system.directJob(body)));
    }
    const startedAt = Date.now();
    await queue.resume();
    const { finishedAt } = await this.#untilDelivered(system, before + jobs);
    return { drainedPerSecond: (jobs / (finishedAt - startedAt)) * 1000 };
  }

  /** CPU of a system nobody talks to, as a share of one core. */
  async idleShare(system, seconds) {
    const before = cpuSeconds(system.pids);
    await sleep(seconds * 1000);
    return (cpuSeconds(system.pids) - before) / seconds;
  }

  #plan({ url, token }) {
    return { url, token, bodies: messages, connections: CONNECTIONS };
  }

  #queue({ queuePrefix }) {
    if (!this.#queues.has(queuePrefix)) {
      const queue = new Queue('delivery', { connection: this.servers.redis, prefix: queuePrefix });
      queue.on('error', () => {});
      this.#queues.set(queuePrefix, queue);
    }
    return this.#queues.get(queuePrefix);
  }

  #cpu({ pids }) {
    const { redisPid, postmasterPid } = this.servers;
    return {
      own: cpuSeconds(pids),
      redis: cpuSeconds([redisPid]),
      postgres: cpuSeconds([postmasterPid, ...descendants(postmasterPid)]),
      machine: machineBusySeconds(),
      wall: performance.now() / 1000,
    };
  }

  async #delivered({ databaseUrl }) {
    if (!databaseUrl) return 0;
    const [{ rows }] = await this.servers.sql('select count(*)::int as rows from feed_messages', [], databaseUrl);
    return rows;
  }

  /**
   * The queue is asked often and the table is counted only when the queue is empty, since counting is not free. The
   * finish is when the queue was seen empty before a count that was right: a message lost or doubled fails the bench.
   */
  async #untilDelivered(system, expected) {
    const deadline = Date.now() + DRAIN_SECONDS * 1000;
    for (;;) {
      const counts = await this.#queue(system).getJobCounts('wait', 'active', 'delayed', 'prioritized');
      const finishedAt = Date.now();
      const unfinished = Object.values(counts).reduce((sum, count) => sum + count);
      if (unfinished === 0) {
        const cpu = this.#cpu(system);
        const delivered = system.databaseUrl ? await this.#delivered(system) : expected;
        if (delivered === expected) return { finishedAt, cpu };
        if (delivered > expected) throw new Error(`${system.name}: ${delivered - expected} delivered twice`);
      }
      if (Date.now() > deadline)
        throw new Error(`${system.name} did not deliver everything; queue: ${JSON.stringify(counts)}`);
      await sleep(10);
    }
  }
}

function refuseRefusals(system, refused) {
  if (Object.keys(refused).length > 0) throw new Error(`${system.name} refused: ${JSON.stringify(refused)}`);
}
