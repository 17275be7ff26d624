/** A gateway of its own on a database of its own, filled by the generator: how the size of the log is compared. */
import { createRequire } from 'node:module';
import { built, demoIn, freshDatabase, startOwn } from '../own-services.mjs';

const require = createRequire(import.meta.url);
const { Database } = require(built('libs/database/src/index.js'));
const { seedActions } = require(built('apps/cli/src/seed/seed-actions.js'));

export const SEEDED_DAYS = 90;

export async function sizedGateway({ servers, log }, actions) {
  const name = `bench_actions_${actions}`;
  const databaseUrl = await freshDatabase(servers, name);
  const [company] = (await demoIn(databaseUrl)).companies;
  const some = await seedLog(servers, databaseUrl, company.id, actions, log);
  const { address } = await startOwn(servers, 'gateway', { name, databaseUrl });
  return { name: actions.toLocaleString('en'), address, token: company.unlimitedApiKey, some };
}

/** Actions of one company over SEEDED_DAYS; returns ids that occur among the newest. */
export async function seedLog(servers, databaseUrl, companyId, actions, log) {
  const database = new Database({
    url: databaseUrl,
    applicationName: 'bench-seed',
    poolSize: 1,
    // The vacuum of ten million.
    statementTimeoutMs: 3_600_000,
  });
  let told = 0;
  const onProgress = (done) => {
    if (done - told < actions / 5 || actions < 200_000) return;
    told = done;
    log(`seeded ${done.toLocaleString('en')} of ${actions.toLocaleString('en')} actions`);
  };
  const startedAt = performance.now();
  await seedActions(database, { companyId, actions, days: SEEDED_DAYS, onProgress });
  await database.query(
    'vacuum analyze agent_actions, agent_action_recipients, agent_action_counters, agent_action_uses',
  );
  await database.close();
  const seconds = (performance.now() - startedAt) / 1000;
  log(`${actions.toLocaleString('en')} actions in ${seconds.toFixed(0)} s`);
  const [some] = await servers.sql(
    `select a.id as action, a.agent_id, a.query_id, a.sender_id, r.user_id
       from agent_actions a join agent_action_recipients r on r.notification_id = a.id
      where a.company_id = $1 order by a.created_at desc limit 1`,
    [companyId],
    databaseUrl,
  );
  return some;
}
