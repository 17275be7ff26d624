import { randomUUID } from 'node:crypto';
import { aLogin, aMessage } from '../../support/client.js';
import { eventually } from '../../support/eventually.js';
import { Herald } from '../../support/herald.js';
import { aDeadLetter, Ops } from '../../support/ops.js';

let herald: Herald;
let admin: Ops;
beforeAll(async () => {
  herald = await Herald.start({ services: ['gateway', 'delivery', 'ops'] });
  admin = new Ops(herald, 'ada');
});
afterAll(() => herald.stop());
beforeEach(() => herald.query('delete from dead_letters'));

/** Ids of the dead letters that a page lists, newest first. */
const listed = (text: string) => [...text.matchAll(/href="\/dead-letters\/(\d+)"/g)].map(([, id]) => id);
const left = async () =>
  (await herald.query<{ id: string }>('select id::text from dead_letters order by dead_letters.id')).map(
    ({ id }) => id,
  );
const ids = (...letters: string[]) => letters.map((id): [string, string] => ['id', id]);

describe('the list', () => {
  it.each([
    [
      'correlationId',
      { correlation_id: '6c2f0d9e-3b1a-4f57-9a64-0c1d2e3f4a5b' },
      '6C2F0D9E-3b1a-4f57-9a64-0c1d2e3f4a5b ',
    ],
    ['company', { company_id: '7d3f0d9e-3b1a-4f57-9a64-0c1d2e3f4a5b' }, '7d3f0d9e-3b1a-4f57-9a64-0c1d2e3f4a5b'],
    ['queue', { queue: 'agent-actions', job: 'record' }, 'agent-actions'],
    ['error', { error: 'The 50% of "it" <broke>' }, '50% of "IT" <b'],
  ])('finds by %s', async (field, given, sought) => {
    await aDeadLetter(herald);
    const wanted = await aDeadLetter(herald, given);
    const { status, text } = await admin.get(`/dead-letters?${new URLSearchParams({ [field]: sought }).toString()}`);
    expect(status).toBe(200);
    expect(listed(text)).toEqual([wanted]);
  });

  it('says what nothing can be found by', async () => {
    await aDeadLetter(herald);
    for (const query of ['correlationId=12', 'company=x%27--']) {
      const { status, text } = await admin.get(`/dead-letters?${query}`);
      expect([status, listed(text)]).toEqual([200, []]);
      expect(text).toContain('it must be a UUID');
    }
    for (const query of ['error=%00', 'queue=%00', 'cursor=x', 'cursor=99999999999999999999', 'queue=a&queue=b']) {
      expect([query, (await admin.get(`/dead-letters?${query}`)).status]).toEqual([query, 200]);
    }
  });

  it('leads from page to page, each dead letter once', async () => {
    await herald.query(
      `insert into dead_letters (queue, job, content, error) select 'delivery', 'deliver', '{}', 'broken' from generate_series(1, 120)`,
    );
    const seen: (string | undefined)[] = [];
    let path: string | undefined = '/dead-letters?error=brok';
    while (path) {
      const { text } = await admin.get(path);
      seen.push(...listed(text));
      path = /href="(\/dead-letters\?[^"]*cursor=\d+)"/.exec(text)?.[1]?.replaceAll('&amp;', '&');
    }
    expect(seen).toEqual((await left()).reverse());
  });

  it('groups what failed for the same reason', async () => {
    for (const error of ['one', 'two', 'two']) await aDeadLetter(herald, { error });
    const { text } = await admin.get('/dead-letters');
    expect(text).toMatch(/By error[\s\S]*error=two[\s\S]*error=one[\s\S]*All dead letters/);
  });
});

describe('a replay', () => {
  const message = (recipientLogin: string) => ({ content: JSON.stringify(aMessage({ recipientLogin })) });
  const delivered = (login: string) =>
    herald.query('select id from feed_messages where recipient_login = $1', [login]).then((rows) => rows.length);

  it('delivers what was given up, once, however often it is asked for', async () => {
    const login = aLogin();
    const correlation = randomUUID();
    const letter = await aDeadLetter(herald, { ...message(login), correlation_id: correlation });
    expect((await admin.get(`/dead-letters/${letter}`)).text).toContain('A replay would send it back.');
    expect(await left()).toEqual([letter]);

    const answers = await Promise.all([1, 2, 3].map(() => admin.post('/dead-letters/replay', ids(letter))));
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200]);
    const told = answers.map(({ text }) => text).join('\n');
    expect(told.match(/1 sent back/g)).toHaveLength(1);
    expect(told.match(/1 already gone/g)).toHaveLength(2);

    await eventually(async () => (await delivered(login)) === 1);
    expect(await left()).toEqual([]);
    const { text } = await admin.get(`/messages?id=${correlation}`);
    for (const step of ['Accepted by a gateway', 'Given up', 'Sent back by an operator', 'Delivered'])
      expect(text).toContain(step);
    expect(herald.service('ops').log).toContain('ada replayed dead letters: 1 of 1 were sent back');
  });

  it('of all that were found sends back those and no others', async () => {
    const login = aLogin();
    for (let n = 0; n < 3; n++) await aDeadLetter(herald, { ...message(login), error: 'away' });
    const other = await aDeadLetter(herald, { ...message(login), error: 'other' });
    const { text } = await admin.post('/dead-letters/replay', [
      ['matching', 'all'],
      ['error', 'away'],
    ]);
    expect(text).toContain('3 sent back');
    expect(await left()).toEqual([other]);
    await eventually(async () => (await delivered(login)) === 3);
  });

  it('of what cannot be delivered is refused with the reason, and the dead letter stays', async () => {
    const letter = await aDeadLetter(herald, { job_key: '1:1', content: '"garbage"' });
    expect((await admin.get(`/dead-letters/${letter}`)).text).toContain('It cannot be replayed');
    const { text } = await admin.post('/dead-letters/replay', ids(letter));
    expect(text).toContain('1 refused');
    expect(await left()).toEqual([letter]);
  });

  it('of nothing, or of what is no dead letter, is a mistake', async () => {
    for (const fields of [[], ids('x'), ids("1' or true --"), ids('99999999999999999999')]) {
      expect((await admin.post('/dead-letters/replay', fields)).status).toBe(400);
    }
    const { status } = await admin.ask('POST', '/dead-letters/replay', '{"id": "1"}', {
      'content-type': 'application/json',
    });
    expect(status).toBe(415);
  });
});

describe('a drop', () => {
  it('is asked back before it happens, and is for good then', async () => {
    const [dropped, kept] = [await aDeadLetter(herald), await aDeadLetter(herald)];
    const { text } = await admin.get(`/dead-letters/drop?id=${dropped}`);
    expect(text).toContain('Drop this dead letter?');
    expect(await left()).toEqual([dropped, kept]);
    expect((await admin.post('/dead-letters/drop', ids(dropped))).text).toContain('1 dropped');
    expect(await left()).toEqual([kept]);
    expect((await admin.post('/dead-letters/drop', ids(dropped))).text).toContain('1 were already gone');
    expect(herald.service('ops').log).toContain('ada dropped 1 dead letters');
  });

  it('is not for viewers', async () => {
    const letter = await aDeadLetter(herald);
    const viewer = new Ops(herald, 'vera');
    const { text } = await viewer.get(`/dead-letters/${letter}`);
    expect(text).not.toMatch(/<button[^>]*>\s*(Replay|Drop)/);
    expect((await viewer.post('/dead-letters/drop', ids(letter))).status).toBe(403);
    expect(await left()).toEqual([letter]);
  });
});

it('a dead letter that is not there is JSON for programs', async () => {
  const { status, text } = await admin.get('/dead-letters/99999', { accept: '*/*' });
  expect([status, JSON.parse(text).statusCode]).toEqual([404, 404]);
});

it('a dead letter that is not there is a page that says so', async () => {
  for (const id of ['1', '0', 'x', '99999999999999999999', '1%00']) {
    const { status, text } = await admin.get(`/dead-letters/${id}`);
    expect([id, status]).toEqual([id, 404]);
    expect(text).toContain('Back to the overview');
  }
});
