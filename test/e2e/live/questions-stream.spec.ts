import { eventually } from '../../support/eventually.js';
import { Herald } from '../../support/herald.js';
import { Merchant } from '../../support/merchant.js';
import { EventReader } from '../../support/event-reader.js';

let herald: Herald;
let merchant: Merchant;
const readers: EventReader[] = [];
beforeAll(async () => {
  herald = await Herald.start({ services: ['gateway', 'merchant-answers'] });
  merchant = new Merchant(herald);
});
afterAll(() => herald.stop());
afterEach(() => {
  for (const reader of readers.splice(0)) reader.close();
});

async function open(query = '', { token } = merchant, url = herald.url, headers = {}): Promise<EventReader> {
  const reader = await EventReader.open(`${url}/api/v1/notification/stream${query}`, token, headers);
  readers.push(reader);
  // It begins where its own position says; what is committed before that is not shown.
  if (reader.status === 200) await eventually(() => reader.lastId);
  return reader;
}

const statesOf = (reader: EventReader, id: number) =>
  reader.of('question').flatMap((each) => (each.id === id ? [each.status as string] : []));
const isRemoved = (reader: EventReader, id: number) => reader.of('removed').some((each) => each.id === id);
const inSeconds = (seconds: number) => new Date(Date.now() + seconds * 1000).toISOString();

it('shows a question as the list does, when it is asked and when it is answered', async () => {
  const reader = await open();
  const id = await merchant.open();
  await eventually(() => statesOf(reader, id).length > 0);
  expect(reader.of('question').at(-1)).toEqual((await merchant.list()).body[0]);
  await merchant.answer(id);
  await eventually(() => statesOf(reader, id).includes('answered'));
  expect(reader.of('question').at(-1)).toEqual((await merchant.list()).body[0]);
  expect(statesOf(reader, id)).toEqual(['requested', 'answered']);
});

it('shows one that expires, within a second or so', async () => {
  const reader = await open();
  const id = await merchant.open({ expires_at: inSeconds(1) });
  await eventually(() => statesOf(reader, id).includes('expired'));
  expect(statesOf(reader, id)).toEqual(['requested', 'expired']);
});

it.each([
  ['open', () => merchant.open()],
  [
    'answered',
    async () => {
      const id = await merchant.open();
      await merchant.answer(id);
      return id;
    },
  ],
])('removes one that was %s and is deleted, and tells nothing of it but its id', async (_, asked) => {
  const id = await asked();
  const reader = await open();
  const other = await merchant.open();
  await eventually(() => statesOf(reader, other).length > 0);
  await merchant.delete(id);
  await eventually(() => isRemoved(reader, id));
  expect(reader.of('removed')).toEqual([{ id }]);
});

it('shows what its filters let through, and removes what they let through no longer', async () => {
  const reader = await open('?status=requested&notification_types=user_question_request');
  const support = await merchant.open({
    notification_type: 'user_support_request',
    context: { support_request_reason: 'Broken' },
  });
  const id = await merchant.open();
  await eventually(() => statesOf(reader, id).length > 0);
  await merchant.answer(id);
  await eventually(() => isRemoved(reader, id));
  expect([statesOf(reader, id), statesOf(reader, support)]).toEqual([['requested'], []]);
});

it.each([
  ['status=open', 'status must be one of requested, answered, expired'],
  ['notification_types=nonsense', 'notification_types is not a known notification type'],
])('refuses %s as the list does', async (query, message) => {
  const reader = await open(`?${query}`);
  expect([reader.status, reader.of('refused')[0]]).toMatchObject([400, { message }]);
  expect((await merchant.list(`?${query}`)).body.message).toBe(message);
});

it('goes on after the last event, deletions included, without a gap or a repetition', async () => {
  const first = await open();
  const [gone, kept] = [await merchant.open(), await merchant.open()];
  await eventually(() => statesOf(first, kept).length > 0);
  first.close();
  await merchant.delete(gone);
  await merchant.answer(kept);
  const second = await open(`?last_event_id=${first.lastId}`);
  await eventually(() => isRemoved(second, gone) && statesOf(second, kept).length > 0);
  expect([second.of('removed'), second.of('question').map(({ id }) => id as number)]).toEqual([[{ id: gone }], [kept]]);
});

it('goes on on another gateway, after what was written through the first', async () => {
  const second = await herald.startService('gateway', {}, 'second');
  const reader = await open('', merchant, second.url);
  const id = await merchant.open();
  await eventually(() => statesOf(reader, id).length > 0);
  await merchant.delete(id);
  await eventually(() => isRemoved(reader, id));
  expect(statesOf(reader, id)).toEqual(['requested']);
});

it('shows nothing to another merchant', async () => {
  const others = [new Merchant(herald, 1), new Merchant(herald, 0, herald.otherCompany)];
  const [mine, ...theirs] = [await open(), ...(await Promise.all(others.map((other) => open('', other))))];
  const ids = await Promise.all([merchant, ...others].map((each) => each.open()));
  await Promise.all([merchant, ...others].map((each, n) => each.delete(ids[n] as number)));
  const all = [mine, ...theirs] as EventReader[];
  await eventually(() => all.every((reader, n) => isRemoved(reader, ids[n] as number)));
  expect(all.map((reader) => reader.of('removed'))).toEqual(ids.map((id) => [{ id }]));
  for (const [n, reader] of all.entries()) expect(reader.of('question').every(({ id }) => id === ids[n])).toBe(true);
});
