import { randomUUID } from 'node:crypto';
import { aMessage, call } from '../../support/client.js';
import { eventually } from '../../support/eventually.js';
import { feedCounterDifferences } from '../../support/feed.js';
import { Herald, JWT } from '../../support/herald.js';
import { hmac, jwtOf } from '../../support/jwt.js';
import { EventReader } from '../../support/event-reader.js';

let herald: Herald;
beforeAll(async () => {
  herald = await Herald.start({ services: ['gateway', 'delivery'] });
});
afterAll(() => herald.stop());
afterEach(async () => expect(await feedCounterDifferences(herald.databaseUrl)).toEqual([]));

/** Somebody whose feed is empty. */
function somebody() {
  const login = `login-${randomUUID()}`;
  const exp = Math.floor(Date.now() / 1000) + 3600;
  const claims = { iss: JWT.issuer, aud: JWT.userAudience, exp, sub: login, company_id: herald.company.id };
  const token = jwtOf({ alg: JWT.algorithm, typ: 'JWT' }, claims, hmac(JWT.secret));
  const ask = async (method: string, path: string, body?: unknown) =>
    call(method, `${herald.url}/v1/feed${path}`, { token, body });
  return {
    login,
    token,
    ask,
    list: async (query: string) => (await ask('GET', `?limit=100&${query}`)).body.data as any[],
    count: async () => (await ask('GET', '/unread-count')).body,
  };
}

const send = async (message: Record<string, unknown>) => {
  const token = herald.token('unlimitedAccessToken');
  const { body } = await call('POST', `${herald.url}/v1/feed/ai`, { token, body: aMessage(message) });
  const id = body.correlationId as string;
  await eventually(async () => (await herald.query('select from feed_messages where id = $1', [id])).length > 0);
  return id;
};
const idsIn = (items: { id: string }[]) => items.map(({ id }) => id);

it('shows what a person received, what they wrote, or both', async () => {
  const me = somebody();
  const received = await send({ recipientLogin: me.login });
  const sent = await send({ authorLogin: me.login });
  const own = await send({ authorLogin: me.login, recipientLogin: me.login });
  expect(idsIn(await me.list(''))).toEqual([own, sent, received]);
  expect(idsIn(await me.list('box=all'))).toEqual([own, sent, received]);
  expect(idsIn(await me.list('box=received'))).toEqual([own, received]);
  expect(idsIn(await me.list('box=sent'))).toEqual([own, sent]);
  const unread = await me.list('box=received&status=unread');
  expect(await me.count()).toEqual({ unread: unread.length, unseen: 2, byTab: { ai: 2 } });
  const { body: first } = await me.ask('GET', '?box=received&limit=1');
  const { body: second } = await me.ask('GET', `?box=received&limit=1&cursor=${first.nextCursor}`);
  expect([...idsIn(first.data), ...idsIn(second.data), second.nextCursor]).toEqual([own, received, null]);
});

it('shows one message to its recipient and its author alone, as the list does', async () => {
  const [me, author, other] = [somebody(), somebody(), somebody()];
  const id = await send({ recipientLogin: me.login, authorLogin: author.login });
  const [item] = await me.list('');
  for (const reader of [me, author]) {
    expect(await reader.ask('GET', `/${id.toUpperCase()}`)).toMatchObject({ status: 200, body: item });
  }
  for (const answer of [await other.ask('GET', `/${id}`), await me.ask('GET', `/${randomUUID()}`)]) {
    expect(answer).toMatchObject({ status: 404, body: { message: 'Message not found' } });
  }
  const foreign = { token: herald.jwtOf('dmurta', herald.otherCompany) };
  expect((await call('GET', `${herald.url}/v1/feed/${id}`, foreign)).status).toBe(404);
});

it('marks messages as seen up to one of them; what is read has been seen', async () => {
  const me = somebody();
  const ids = [];
  for (let n = 0; n < 4; n++) ids.push(await send({ recipientLogin: me.login }));
  expect(await me.count()).toMatchObject({ unread: 4, unseen: 4 });
  expect(await me.ask('POST', '/seen', { upTo: ids[1] })).toMatchObject({ status: 200, body: { updated: 2 } });
  expect(await me.count()).toMatchObject({ unread: 4, unseen: 2 });
  const { body: read } = await me.ask('PATCH', `/${ids[3]}`, { status: 'read' });
  expect(read.seenAt).toBe(read.readAt);
  expect(await me.count()).toMatchObject({ unread: 3, unseen: 1 });
  const { body: unread } = await me.ask('PATCH', `/${ids[3]}`, { status: 'unread' });
  expect(unread).toMatchObject({ readAt: null, seenAt: read.seenAt });
  expect((await me.list('')).map(({ seenAt }) => seenAt !== null)).toEqual([true, false, true, true]);
  expect(await me.count()).toMatchObject({ unread: 4, unseen: 1 });
});

it('marks everything up to a message as read, or archives it, and leaves what came later', async () => {
  const me = somebody();
  const ids = [];
  for (let n = 0; n < 4; n++) ids.push(await send({ recipientLogin: me.login }));
  const written = await send({ authorLogin: me.login });
  expect((await me.ask('POST', '/read-all', { upTo: ids[1], tab: 'ai' })).body).toEqual({ updated: 2 });
  expect(idsIn(await me.list('status=unread&box=received'))).toEqual([ids[3], ids[2]]);
  expect((await me.ask('POST', '/archive-all', { upTo: ids[2] })).body).toEqual({ updated: 3 });
  expect(idsIn(await me.list('status=archived'))).toEqual([ids[2], ids[1], ids[0]]);
  // A message that the person wrote is a place in their feed too.
  expect((await me.ask('POST', '/read-all', { upTo: written })).body).toEqual({ updated: 1 });
  expect((await me.ask('POST', '/archive-all')).body).toEqual({ updated: 1 });
  expect(await me.count()).toEqual({ unread: 0, unseen: 0, byTab: { ai: 0 } });
  const others = await somebody().ask('POST', '/read-all', { upTo: ids[0] });
  expect(others).toMatchObject({ status: 404, body: { message: 'Message not found' } });
});

it('marks up to 100 messages at once, each by itself', async () => {
  const me = somebody();
  const mine = await send({ recipientLogin: me.login });
  const written = await send({ authorLogin: me.login });
  const unknown = randomUUID();
  const { status, body } = await me.ask('PATCH', '', { ids: [unknown, mine, written, mine], status: 'read' });
  expect(status).toBe(200);
  const { id, readAt, seenAt } = (await me.list('box=received'))[0];
  const marked = { id, status: 'read', readAt, seenAt };
  expect(body.results).toEqual([
    { error: 'NotFound', message: 'Message not found', errors: [] },
    marked,
    { error: 'Forbidden', message: 'Only the recipient may change the status of a message', errors: [] },
    marked,
  ]);
  const hundred = [mine, ...Array.from({ length: 99 }, () => randomUUID())];
  const again = await me.ask('PATCH', '', { ids: hundred, status: 'unread' });
  expect(again.body.results).toHaveLength(100);
  expect(again.body.results[0]).toMatchObject({ id: mine, status: 'unread', readAt: null });
});

it('shows the streams of recipient and author each mark, and the recipient the counts', async () => {
  const [me, author] = [somebody(), somebody()];
  const ids = [];
  for (let n = 0; n < 3; n++) ids.push(await send({ recipientLogin: me.login, authorLogin: author.login }));
  const open = (token: string) => EventReader.open(`${herald.url}/v1/feed/stream`, token);
  const [mine, theirs] = [await open(me.token), await open(author.token)];
  try {
    const counted = (unread: number, unseen: number) =>
      eventually(() => {
        const last = mine.of('unread').at(-1);
        return last?.unread === unread && last.unseen === unseen;
      });
    const shown = (status: string, seen: boolean, those: string[]) =>
      eventually(() =>
        [mine, theirs].every((reader) =>
          those.every((id) =>
            reader.of('message').some((each) => each.id === id && each.status === status && !!each.seenAt === seen),
          ),
        ),
      );
    await counted(3, 3);
    await me.ask('POST', '/seen', { upTo: ids[1] });
    await shown('unread', true, ids.slice(0, 2));
    await counted(3, 1);
    await me.ask('PATCH', '', { ids: [ids[2]], status: 'read' });
    await shown('read', true, ids.slice(2));
    await counted(2, 0);
    await me.ask('POST', '/archive-all');
    await shown('archived', true, ids);
    await counted(0, 0);
    expect(mine.of('unread').at(-1)).toEqual({ unread: 0, unseen: 0, byTab: { ai: 0 } });
  } finally {
    mine.close();
    theirs.close();
  }
});

const MANY = Number(process.env['HERALD_TEST_ROWS'] ?? 100_000);

it(`marks ${MANY.toLocaleString('en')} messages in as many requests as it takes`, async () => {
  const me = somebody();
  await herald.query(
    `insert into feed_messages (id, company_id, title, body, author_login, recipient_login, metadata, created_at, queued_at, started_at)
     select gen_random_uuid(), $1, 't', 'b', 'admin', $2, '{}', now() - n * interval '1 second', now(), now()
       from generate_series(1, $3::int) n`,
    [herald.company.id, me.login, MANY],
  );
  expect(await me.count()).toMatchObject({ unread: MANY, unseen: MANY });
  let updated = 0;
  for (;;) {
    const { status, body } = await me.ask('POST', '/read-all');
    expect(status).toBe(200);
    updated += body.updated;
    expect(await me.count()).toMatchObject({ unread: MANY - updated });
    if (body.left === undefined) break;
    expect(body).toEqual({ updated: expect.any(Number), left: MANY - updated });
  }
  expect(updated).toBe(MANY);
}, 300_000);
