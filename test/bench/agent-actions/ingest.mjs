/** Ingest through the queue: Herald's worker, and one that does what the guides show, one repository.save per job. */
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { Queue } from 'bullmq';
import { Report } from '../report.mjs';
import { startService } from '../processes.mjs';
import { freshDatabase } from '../own-services.mjs';

const FULL = { actions: 20_000, rounds: 3 };
const QUICK = { actions: 4_000, rounds: 1 };
const LEAST_TIMES_FASTER = 4;

const body = (n) => ({
  notification_type: 'tool_usage',
  title: 'Agent used a tool',
  message: 'Support Agent looked a customer up',
  metadata: { agent_id: `agent ${n % 40}`, query_id: randomUUID(), tool_used: 'crm', execution_time: '2.3s' },
});

export async function ingestBench({ herald, servers, quick, log }) {
  const { actions, rounds } = quick ? QUICK : FULL;
  const companyId = herald.demo.companies[0].id;
  const save = await saveSystem(servers, companyId);
  const direct = {
    name: 'herald, single jobs',
    url: servers.databaseUrl,
    prefix: '{herald:agent-actions}',
    queue: 'agent-actions',
  };
  const owed = { name: 'herald, accepted by the gateway', url: servers.databaseUrl };
  const report = new Report(
    [{ key: 'rowsPerSecond', title: 'actions recorded per second', digits: 0 }],
    [direct.name, owed.name, save.name],
  );
  const measure = async (system, count) =>
    system === owed ? ingestOwed(servers, owed, companyId, count) : ingestJobs(servers, system, companyId, count);
  for (const system of [direct, owed, save]) await measure(system, actions / 4);
  for (let round = 1; round <= rounds; round++) {
    log(`ingest, round ${round} of ${rounds}`);
    for (const system of [direct, owed, save]) {
      report.add(system.name, { rowsPerSecond: await measure(system, actions) });
    }
  }
  const ratioOf = ({ name }) => report.median(name, 'rowsPerSecond') / report.median(save.name, 'rowsPerSecond');
  const targets = [direct, owed].map((system) => ({
    says: `${system.name} ≥ ${LEAST_TIMES_FASTER}x one save per job`,
    value: ratioOf(system),
    reached: (value) => value >= LEAST_TIMES_FASTER,
  }));
  return [report.table(), Report.targets(targets)];
}

async function saveSystem(servers, companyId) {
  const url = await freshDatabase(servers, 'bench_save');
  await servers.sql(`insert into companies (id, name) values ($1, 'bench')`, [companyId], url);
  const [prefix, queue] = ['{bench:save}', 'save'];
  const env = { DATABASE_URL: url, REDIS_URL: servers.redisUrl, QUEUE_PREFIX: prefix };
  await startService(fileURLToPath(new URL('save-worker.mjs', import.meta.url)), [], env);
  return { name: 'one save per job', url, prefix, queue };
}

const countOf = async (servers, url) =>
  (await servers.sql('select count(*)::int as n from agent_actions', [], url))[0].n;

/** The clock runs from the first job that is put on the queue until the last row is there. */
async function timed(servers, { url }, count, put) {
  const before = await countOf(servers, url);
  const startedAt = performance.now();
  await put();
  while ((await countOf(servers, url)) < before + count) await sleep(20);
  return count / ((performance.now() - startedAt) / 1000);
}

async function ingestJobs(servers, system, companyId, count) {
  const queue = new Queue(system.queue, { connection: { url: servers.redisUrl }, prefix: system.prefix });
  const jobs = Array.from({ length: count }, (_, n) => ({
    name: 'record',
    data: { v: 1, correlationId: randomUUID(), companyId, body: body(n) },
    opts: { removeOnComplete: true },
  }));
  // The jobs wait before the clock runs: a worker is measured, not the producer.
  await queue.pause();
  for (let n = 0; n < count; n += 1000) await queue.addBulk(jobs.slice(n, n + 1000));
  const rate = await timed(servers, system, count, () => queue.resume());
  await queue.close();
  return rate;
}

/** As the gateway leaves them when it has accepted more than it publishes at once: the feeder takes it from there. */
async function ingestOwed(servers, system, companyId, count) {
  const ids = Array.from({ length: count }, () => randomUUID());
  const bodies = ids.map((_, n) => JSON.stringify(body(n)));
  return timed(servers, system, count, () =>
    servers.sql(
      `insert into outbox (id, queue, job, company_id, body, accepted_at)
       select id, 'agent-actions', 'record', $1, body, now() from unnest($2::uuid[], $3::jsonb[]) as g(id, body)`,
      [companyId, ids, bodies],
    ),
  );
}
