/** Every kind of read, on a small and a large log in turn: what counts is how much the size costs. */
import { HttpConnection } from '../http-connection.mjs';
import { Report } from '../report.mjs';
import { percentile } from '../stats.mjs';
import { SEEDED_DAYS, sizedGateway } from './sized-gateway.mjs';

const SMALL = 10_000;
const FULL = { large: Number(process.env.HERALD_BENCH_ACTIONS ?? 1_000_000), rounds: 5, requests: 400 };
const QUICK = { large: 100_000, rounds: 3, requests: 100 };
const MOST_TIMES_SLOWER = 3;

const daysAgo = (days) => new Date(Date.now() - days * 86_400_000).toISOString();
const thirtyDaysAgo = () => daysAgo(30);
const now = () => new Date().toISOString();

/** `path` is made of a gateway's example ids. */
const READS = [
  { title: 'list, with total', path: () => '' },
  { title: '… one type', path: () => '?notification_type=agent_action' },
  { title: '… one priority', path: () => '?priority=urgent' },
  { title: '… one status', path: () => '?status=unread' },
  { title: '… one agent', path: ({ agent_id }) => `?agent_id=${agent_id}` },
  { title: '… one query', path: ({ query_id }) => `?query_id=${query_id}` },
  { title: '… one sender', path: ({ sender_id }) => `?sender_id=${sender_id}` },
  { title: '… thirty days', path: () => `?start_date=${thirtyDaysAgo()}&end_date=${now()}` },
  { title: '… type, priority and status', path: () => '?notification_type=api_call&priority=high&status=read' },
  { title: 'a user’s list', path: ({ user_id }) => `/users/${user_id}` },
  { title: 'a user’s unread list', path: ({ user_id }) => `/users/${user_id}?status=unread` },
  { title: 'stats over thirty days', path: () => `/stats?start_date=${thirtyDaysAgo()}&end_date=${now()}` },
  { title: 'stats over everything', path: () => '/stats' },
  {
    title: 'stats of an agent over thirty days',
    path: ({ agent_id }) => `/stats?agent_id=${agent_id}&start_date=${thirtyDaysAgo()}`,
  },
  {
    title: 'timeline of thirty days by tool',
    path: () => `/stats/timeline?group_by=tool&start_date=${thirtyDaysAgo()}`,
  },
  { title: 'tools over thirty days', path: () => `/stats/tools?start_date=${thirtyDaysAgo()}&end_date=${now()}` },
  { title: 'agents over everything', path: () => '/stats/agents' },
  { title: 'story of a query', path: ({ query_id }) => `/queries/${query_id}` },
  { title: 'stats of a user', path: ({ user_id }) => `/stats?user_id=${user_id}` },
  { title: 'page by cursor, in the middle', path: ({ cursor }) => `?cursor=${cursor}` },
  { title: 'page by skip, in the middle (may grow)', path: ({ middle }) => `?skip=${middle}`, mayGrow: true },
];

export async function readsBench(context) {
  const { large, rounds, requests } = context.quick ? QUICK : FULL;
  const systems = [];
  for (const actions of [large, SMALL]) systems.push(await prepared(context, actions));
  const figures = READS.map(({ title }, n) => ({ key: `p99 ${n}`, title: `${title}, p99 ms`, digits: 1 }));
  const report = new Report(
    figures,
    systems.map(({ name }) => name),
  );
  // In turn, or the connection of the one that waits would be idle for too long.
  for (const read of READS) for (const system of systems) await p99Of(system, read, requests);
  for (let round = 1; round <= rounds; round++) {
    context.log(`reads, round ${round} of ${rounds}`);
    for (const [n, read] of READS.entries()) {
      for (const system of round % 2 ? systems : [...systems].reverse()) {
        report.add(system.name, { [`p99 ${n}`]: await p99Of(system, read, requests) });
      }
    }
  }
  for (const { connection } of systems) connection.close();
  const targets = READS.flatMap(({ title, mayGrow }, n) =>
    mayGrow
      ? []
      : [
          {
            says: `${title}: p99 ≤ ${MOST_TIMES_SLOWER}x`,
            value: report.ratio(`p99 ${n}`, systems[1].name),
            reached: (value) => value <= MOST_TIMES_SLOWER,
          },
        ],
  );
  return [report.table(), Report.targets(targets)];
}

async function prepared(context, actions) {
  const system = await sizedGateway(context, actions);
  system.connection = await HttpConnection.open(system.address);
  const { body } = await system.connection.send(requestOf(system, `?limit=1&end_date=${daysAgo(SEEDED_DAYS / 2)}`));
  Object.assign(system.some, { middle: Math.floor(actions / 2), cursor: JSON.parse(body).next_cursor });
  return system;
}

function requestOf({ address, token }, path) {
  const { host } = new URL(address);
  return Buffer.from(`GET /team-notifications${path} HTTP/1.1\r\nHost: ${host}\r\nx-api-key: ${token}\r\n\r\n`);
}

async function p99Of(system, { title, path, mayGrow }, requests) {
  const latenciesMs = [];
  // One that grows takes half a second of a million.
  for (let n = 0; n < (mayGrow ? requests / 20 : requests); n++) {
    const request = requestOf(system, path(system.some));
    const sentAt = performance.now();
    const { status, body } = await system.connection.send(request);
    if (status !== 200) throw new Error(`${title}: ${status} ${body}`);
    latenciesMs.push(performance.now() - sentAt);
  }
  return percentile(latenciesMs, 0.99);
}
