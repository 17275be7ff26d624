import { signToken } from '@herald/operator';
import { Actions } from '../../support/actions.js';
import { Herald } from '../../support/herald.js';
import { preload } from '../../support/preloads.js';
import { isOpen, routesOf } from '../../support/routes.js';
import { Wire } from '../../support/wire.js';
import { type Caller, type Reach, reachesFor } from './foreign-ids.js';
import { type Belongings, furnish, type Side } from '../../support/two-sides.js';

interface Holder extends Side {
  has: Belongings;
  tokens: Record<Caller, string>;
  /** The user id of its person. */
  personId: string;
  /** The programs and people share a company with those of another merchant. */
  actions: Actions;
}

let herald: Herald;
let wire: Wire;
/** Two companies with a merchant each, and a second merchant of the first company. */
let acme: Holder;
let globex: Holder;
let neighbour: Holder;

beforeAll(async () => {
  herald = await Herald.start({ services: ['delivery', 'agent-actions', 'merchant-answers'] });
  await herald.startService('gateway', { preload: preload('show-routes') });
  wire = new Wire(herald.url);
  acme = await holder(herald.company, 0, 'MARK-OF-ACME');
  globex = await holder(herald.otherCompany, 0, 'MARK-OF-GLOBEX');
  neighbour = await holder(herald.company, 1, 'MARK-OF-NEIGHBOUR');
}, 120_000);
afterAll(async () => {
  wire?.close();
  await herald?.stop();
});

async function holder(company: Herald['company'], seat: number, mark: string): Promise<Holder> {
  const { id: merchantId, jwt } = company.merchants[seat]!;
  const side = { companyId: company.id, merchantId, conversationId: 800_000_000 + merchantId, mark };
  const program = herald.token('unlimitedApiKey', company);
  const { issuer, userAudience, secret } = herald.demo.jwt;
  const claims = { sub: 'dmurta', company_id: company.id, scope: 'agent-actions:read' };
  const reader = signToken({ issuer, algorithm: 'HS256', key: secret }, userAudience, claims, 600);
  const tokens = { program, person: herald.jwtOf('dmurta', company), reader, merchant: jwt };
  const personId = company.users.find(({ login }) => login === 'dmurta')!.id;
  return {
    ...side,
    tokens,
    personId,
    has: await furnish(herald.databaseUrl, side),
    actions: new Actions(herald, program),
  };
}

/** Reads a stream until it has replayed everything from the beginning. */
async function follow(token: string, path: string) {
  const given = new AbortController();
  const headers = { authorization: `Bearer ${token}` };
  const { status, body } = await fetch(`${herald.url}${path}`, { headers, signal: given.signal });
  const text = new TextDecoder();
  let read = '';
  for await (const chunk of body as ReadableStream<Uint8Array>) {
    read += text.decode(chunk, { stream: true });
    if (status !== 200 || /^(: |event: unread)/m.test(read)) break;
  }
  given.abort();
  return { status, text: read };
}

async function ask({ tokens }: Holder, { route, path, as, body }: Reach) {
  if (route.endsWith('/stream')) return follow(tokens[as], path);
  const { status, text } = await wire.send({
    method: route.split(' ')[0] as string,
    path,
    headers: {
      authorization: `Bearer ${tokens[as]}`,
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    },
    body: body === undefined ? undefined : JSON.stringify(body),
  });
  return { status, text };
}

/** Returns another tenant's data in a response. An error repeats the requested path; that is no leak. */
function foreignIn(text: string, { path }: Reach, { has, mark, companyId, conversationId }: Holder): string[] {
  const told = text.replaceAll(JSON.stringify(path.split('?')[0]), '');
  const theirs = [mark, ...Object.values(has).map(String), String(conversationId), companyId];
  return theirs.filter((value) => told.includes(value));
}

/** Everything that is theirs, row by row, but for the outbox, which moves by itself. */
async function rowsOf({ companyId, merchantId, mark }: Holder): Promise<Record<string, string>> {
  const owners: [string, string, unknown][] = [
    ...[
      'users',
      'credentials',
      'feed_messages',
      'feed_counters',
      'dead_letters',
      'agent_actions',
      'agent_action_recipients',
      'agent_action_counters',
    ].map((table): [string, string, unknown] => [table, 'company_id', companyId]),
    ['conversations', 'merchant_id', merchantId],
    ['notifications', 'merchant_id', merchantId],
    ['notification_counters', 'merchant_id', merchantId],
    ['deleted_notifications', 'merchant_id', merchantId],
  ];
  const rows: Record<string, string> = {};
  for (const [table, owner, id] of owners) {
    const columns = table === 'credentials' ? 'id, name, scopes, revoked_at' : '*';
    const [row] = await herald.query<{ rows: string }>(
      `select coalesce(string_agg(t::text, E'\\n' order by t::text), '') as rows from (select ${columns} from ${table} where ${owner} = $1) t`,
      [id],
    );
    rows[table] = row?.rows as string;
  }
  expect(Object.values(rows).join().includes(mark)).toBe(true);
  return rows;
}

const PAIRS: [string, () => Holder, () => Holder][] = [
  ['Acme reaches for what is Globex’s', () => acme, () => globex],
  ['Globex reaches for what is Acme’s', () => globex, () => acme],
  ['a merchant reaches for what is a merchant’s of the same company', () => acme, () => neighbour],
  ['that merchant reaches back', () => neighbour, () => acme],
  ['a merchant reaches for what is a merchant’s of another company', () => neighbour, () => globex],
];

/** All of it, or the merchants' routes where one side is a merchant alone: its company's things are the other's too. */
const between = (us: Holder, them: Holder) =>
  reachesFor(them.has, them.conversationId, us.has, us.personId).filter(
    ({ as }) => as === 'merchant' || ![us, them].includes(neighbour),
  );

describe.each(PAIRS)('%s', (_, ours, theirs) => {
  it('and gets 404 or nothing, not a byte of it, and changes nothing', async () => {
    const [us, them] = [ours(), theirs()];
    const before = await rowsOf(them);
    const reaches = between(us, them);
    for (const reach of reaches) {
      const { status, text } = await ask(us, reach);
      const [expected, says] = [reach.expected].flat();
      const message = says === undefined ? undefined : JSON.parse(text).message;
      expect([reach.route, reach.path, status, message]).toEqual([reach.route, reach.path, expected, says]);
      expect([reach.route, reach.path, foreignIn(text, reach, them)]).toEqual([reach.route, reach.path, []]);
    }
    expect(reaches.length).toBeGreaterThanOrEqual([us, them].includes(neighbour) ? 8 : 55);
    expect(await rowsOf(them)).toEqual(before);
  });
});

it('replays what is one’s own on a stream', async () => {
  const { text } = await ask(acme, {
    route: 'GET /v1/feed/stream',
    path: '/v1/feed/stream?last_event_id=1',
    as: 'person',
    expected: 200,
  });
  expect(text).toContain(acme.mark);
});

it('leaves out no route of the gateway', () => {
  const nameless = (method: string, pattern: string) =>
    `${method} ${pattern.replace(/:\w+/g, ':id').replace(/(.)\/$/, '$1')}`;
  const routes = routesOf(herald.service('gateway')).filter((route) => !isOpen(route) && route.method !== 'HEAD');
  const reached = between(acme, globex).map(({ route }) => nameless(...(route.split(' ') as [string, string])));
  expect(new Set(reached)).toEqual(new Set(routes.map(({ method, pattern }) => nameless(method, pattern))));
});

it('shows nobody what another company’s directory knows of a person', async () => {
  const { user } = globex.has;
  const named = await acme.actions.record({ sender: { id: user }, recipients: [{ id: user }] });
  const unknown = { id: user, email: null, name: null };
  expect([named.sender, named.recipients[0].user]).toEqual([unknown, unknown]);
  expect((await globex.actions.get(`/${globex.has.action}`)).body.sender).toMatchObject({
    id: user,
    name: globex.mark,
  });
});

it('would find what it looks for', async () => {
  // Control: the owner's requests do return the data.
  const told = await Promise.all(
    between(acme, globex)
      .filter(({ route }) => route.startsWith('GET'))
      .map(async (reach) => {
        const { text } = await ask(globex, reach);
        return [reach.route, foreignIn(text, reach, globex).length > 0] as const;
      }),
  );
  const telling = new Set(told.filter(([, tells]) => tells).map(([route]) => route));
  // Counts hold no ids: they are compared by the second fence's test.
  const silent = ['GET /v1/feed/unread-count', 'GET /api/v1/notification/counts'];
  expect([...new Set(told.map(([route]) => route))].filter((route) => !telling.has(route))).toEqual(silent);
});
