/** The figures that are sampled while a soak runs. */
import { descendants, privateMiB, residentMiB } from '../proc.mjs';

const MIB = 1024 * 1024;
const APPS = ['gateway', 'delivery', 'agent-actions', 'merchant-answers', 'ops'];
/** Their rows stay: what must not grow is what a row weighs. */
const KEPT = ['feed_messages', 'agent_actions', 'notifications', 'requests'];
const PASSING = ['outbox', 'dead_letters', 'agent_action_counters'];
/** Below this a table is its empty pages. */
const FEW_ROWS = 5000;

const TABLES = `
  select c.relname as table, pg_table_size(c.oid)::float8 as bytes, pg_indexes_size(c.oid)::float8 as index_bytes,
         s.n_live_tup::float8 as rows
    from pg_class c join pg_stat_user_tables s on s.relid = c.oid where c.relname = any($1)`;

/**
 * Gives a function that takes figures by name, with the unit at its end: the memory of every process, and what Redis and
 * the tables hold.
 */
export function sampler({ herald, servers }) {
  const pids = APPS.map((app) => [app, herald.pidOf(app)]);
  return () => sample(pids, servers);
}

async function sample(pids, servers) {
  const figures = {};
  for (const [app, pid] of pids) figures[`${app}, RSS, MiB`] = residentMiB([pid]);
  figures['Redis, RSS, MiB'] = residentMiB([servers.redisPid]);
  figures['Redis, data, MiB'] = Number(/used_memory:(\d+)/.exec(await servers.redis.info('memory'))[1]) / MIB;
  figures['Postgres, private memory, MiB'] = privateMiB([servers.postmasterPid, ...descendants(servers.postmasterPid)]);
  for (const { table, bytes, index_bytes, rows } of await servers.sql(TABLES, [[...KEPT, ...PASSING]])) {
    if (PASSING.includes(table)) figures[`${table} and its indexes, MiB`] = (bytes + index_bytes) / MIB;
    else if (rows >= FEW_ROWS) {
      figures[`${table}, bytes a row`] = bytes / rows;
      figures[`${table}, index bytes a row`] = index_bytes / rows;
    }
  }
  return figures;
}
