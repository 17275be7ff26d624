/** Measures row-level security: the common reads through two gateways on one database, one of which bypasses it. */
import { seedLog } from '../agent-actions/sized-gateway.mjs';
import { HttpConnection } from '../http-connection.mjs';
import { demoIn, freshDatabase, startOwn } from '../own-services.mjs';
import { Report } from '../report.mjs';
import { percentile } from '../stats.mjs';

const FULL = { rows: 100_000, rounds: 5, requests: 400 };
const QUICK = { rows: 10_000, rounds: 3, requests: 100 };
const MOST_TIMES_SLOWER = 1.25;

/** A tenth of the company's messages go to one person, a tenth of all questions to one merchant. */
const FEED = `
  insert into feed_messages (id, company_id, title, body, author_login, recipient_login, metadata, status, created_at,
                             queued_at, started_at)
  select gen_random_uuid(), $1, 'title', 'body', 'author-' || n % 97,
         case when n % 10 = 0 then 'dmurta' else 'login-' || n % 1999 end, '{}',
         case when n % 200 = 0 then 'unread' else 'read' end, now() - n * interval '20 seconds', now(), now()
    from generate_series(1, $2::int) n`;
const QUESTIONS = `
  insert into notifications (correlation_id, merchant_id, conversation_id, notification_type, context, requested_fields,
                             answered_fields, answer_schema, allow_multiple_answers)
  select gen_random_uuid(), c.merchant_id, c.id, t.name, '{"question": "Open?"}', t.requested_fields, t.answered_fields,
         t.answer_schema, false
    from generate_series(1, $1::int) n, notification_types t,
         lateral (select * from conversations where id = case when n % 10 = 0 then 456 else 458 end) c
   where t.name = 'user_question_request'`;

/** `as` names a token; `path` is made of ids that are there. */
const READS = [
  { title: 'a person’s feed', as: 'person', path: () => '/v1/feed?limit=20' },
  { title: 'how many are unread', as: 'person', path: () => '/v1/feed/unread-count' },
  { title: 'where a message is', as: 'program', path: ({ message }) => `/v1/messages/${message}` },
  { title: 'list of actions, with total', as: 'program', path: () => '/team-notifications?limit=20' },
  {
    title: '… of one agent',
    as: 'program',
    path: ({ agent_id }) => `/team-notifications?limit=20&agent_id=${agent_id}`,
  },
  { title: 'one action', as: 'program', path: ({ action }) => `/team-notifications/${action}` },
  { title: 'a user’s actions', as: 'program', path: ({ user_id }) => `/team-notifications/users/${user_id}?limit=20` },
  { title: 'statistics of everything', as: 'program', path: () => '/team-notifications/stats' },
  {
    title: 'statistics of an agent',
    as: 'program',
    path: ({ agent_id }) => `/team-notifications/stats?agent_id=${agent_id}`,
  },
  { title: 'a merchant’s questions (1,000)', as: 'merchant', path: () => '/api/v1/notification/' },
];

export async function isolationBench({ servers, quick, log }) {
  const { rows, rounds, requests } = quick ? QUICK : FULL;
  const { url, tokens, some } = await filled(servers, rows, log);
  const systems = [];
  for (const fenced of [true, false]) {
    const { address } = await startOwn(servers, 'gateway', {
      name: `bench_isolation_${fenced}`,
      databaseUrl: url,
      fenced,
    });
    const name = fenced ? 'fenced' : 'passed by';
    systems.push({ name, address });
  }
  const figures = READS.map(({ title }, n) => ({ key: `p50 ${n}`, title: `${title}, p50 ms`, digits: 2 }));
  const report = new Report(
    figures,
    systems.map(({ name }) => name),
  );
  // A connection that asks nothing for a while is closed: both open when they are used, and ask in turn.
  for (const system of systems) system.connection = await HttpConnection.open(system.address);
  for (const read of READS) await measure(systems, read, { tokens, some }, requests);
  for (let round = 1; round <= rounds; round++) {
    log(`isolation, round ${round} of ${rounds}`);
    for (const [n, read] of READS.entries()) {
      const medians = await measure(systems, read, { tokens, some }, requests);
      systems.forEach(({ name }, which) => report.add(name, { [`p50 ${n}`]: medians[which] }));
    }
  }
  for (const { connection } of systems) connection.close();
  const targets = READS.map(({ title }, n) => ({
    says: `${title}: ≤ ${MOST_TIMES_SLOWER}x`,
    value: report.ratio(`p50 ${n}`, 'passed by'),
    reached: (value) => value <= MOST_TIMES_SLOWER,
  }));
  return [report.table(), Report.targets(targets)];
}

/** One database with as many rows of each product. */
async function filled(servers, rows, log) {
  const url = await freshDatabase(servers, 'bench_isolation');
  const [company] = (await demoIn(url)).companies;
  const some = await seedLog(servers, url, company.id, rows, log);
  await servers.sql(FEED, [company.id, rows], url);
  await servers.sql(QUESTIONS, [rows], url);
  await servers.sql('vacuum analyze', [], url);
  const [{ message }] = await servers.sql('select id as message from feed_messages limit 1', [], url);
  const tokens = {
    program: company.unlimitedApiKey,
    person: company.users.find(({ login }) => login === 'dmurta').jwt,
    merchant: company.merchants[0].jwt,
  };
  return { url, tokens, some: { ...some, message } };
}

function requestOf({ address }, { path, as }, tokens, some) {
  const { host } = new URL(address);
  return Buffer.from(`GET ${path(some)} HTTP/1.1\r\nHost: ${host}\r\nAuthorization: Bearer ${tokens[as]}\r\n\r\n`);
}

/** One request to each in turn, so that both meet the same noise; the median of each. */
async function measure(systems, read, { tokens, some }, requests) {
  const asked = systems.map((system) => requestOf(system, read, tokens, some));
  const latenciesMs = systems.map(() => []);
  for (let n = 0; n < requests * systems.length; n++) {
    const which = n % systems.length;
    const sentAt = performance.now();
    const { status, body } = await systems[which].connection.send(asked[which]);
    if (status !== 200) throw new Error(`${read.title}: ${status} ${body}`);
    latenciesMs[which].push(performance.now() - sentAt);
  }
  return latenciesMs.map((latencies) => percentile(latencies, 0.5));
}
