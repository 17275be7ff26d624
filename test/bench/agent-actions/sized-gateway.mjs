/** A gateway of its own on a database of its own, filled by the generator: how the size of the log is compared. */
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { JWT, startGateway } from '../gateway.mjs';

const require = createRequire(import.meta.url);
const built = (path) => fileURLToPath(new URL(`../../../dist/${path}`, import.meta.url));
const { Database, migrate } = require(built('libs/database/src/index.js'));
const { loadDemo } = require(built('apps/cli/src/demo/load-demo.js'));
const { seedActions } = require(built('apps/cli/src/seed/seed-actions.js'));

function databaseUrl(servers, name) {
  const url = new URL(servers.databaseUrl);
  url.pathname = `/${name}`;
  return url.href;
}

/** An empty, migrated database. */
export async function freshDatabase(servers, name) {
  await servers.sql(`create database ${name}`);
  const url = databaseUrl(servers, name);
  await migrate(url);
  return url;
}

export async function sizedGateway({ servers, log }, actions) {
  const name = `bench_actions_${actions}`;
  const url = await freshDatabase(servers, name);
  const demo = await loadDemo({ databaseUrl: url, jwt: JWT, seed: name });
  const [company] = demo.companies;
  await seed(url, company.id, actions, log);
  const { address } = await startGateway(servers, { databaseUrl: url, namespace: name });
  const [some] = await servers.sql(
    `select a.agent_id, a.query_id, a.sender_id, r.user_id
       from agent_actions a join agent_action_recipients r on r.notification_id = a.id
      where a.company_id = $1 order by a.created_at desc limit 1`,
    [company.id],
    url,
  );
  return { name: actions.toLocaleString('en'), address, token: company.unlimitedApiKey, some };
}

async function seed(url, companyId, actions, log) {
  const database = new Database({ url, applicationName: 'bench-seed', poolSize: 1, statementTimeoutMs: 300_000 });
  let told = 0;
  const onProgress = (done) => {
    if (done - told < actions / 5 || actions < 200_000) return;
    told = done;
    log(`seeded ${done.toLocaleString('en')} of ${actions.toLocaleString('en')} actions`);
  };
  const startedAt = performance.now();
  await seedActions(database, { companyId, actions, days: 90, onProgress });
  await database.query('vacuum analyze agent_actions, agent_action_recipients, agent_action_counters');
  await database.close();
  const seconds = (performance.now() - startedAt) / 1000;
  log(`${actions.toLocaleString('en')} actions in ${seconds.toFixed(0)} s`);
}
