import { randomUUID } from 'node:crypto';
import { Actions, aPerson } from '../../support/actions.js';
import type { Answer } from '../../support/client.js';
import { eventually } from '../../support/eventually.js';
import { Herald, JWT } from '../../support/herald.js';
import { hmac, jwtOf } from '../../support/jwt.js';
import { EventReader } from '../../support/event-reader.js';

const READ = 'agent-actions:read';
const LACKS = [403, `This credential lacks the scope ${READ}`];

let herald: Herald;
let actions: Actions;
/** A person without scopes, with one, and somebody else of the company. */
let ada: Actions;
let lead: Actions;
const [adasId, bobsId] = [randomUUID(), randomUUID()];
/** An action that both received, and one that only the other did. */
let ours: string;
let others: string;

beforeAll(async () => {
  herald = await Herald.start({ services: ['gateway', 'agent-actions'] });
  actions = new Actions(herald);
  await know(adasId, 'ada');
  await know(bobsId, 'bob');
  ada = personWith({});
  lead = personWith({ sub: 'bob', scope: `openid ${READ} profile` });
  ours = (await actions.record({ recipients: [aPerson(adasId), aPerson(bobsId)] })).id;
  others = (await actions.record({ recipients: [aPerson(bobsId)] })).id;
});
afterAll(() => herald?.stop());

const know = (id: string, login: string, company = herald.company.id) =>
  herald.query('insert into users (company_id, id, login) values ($1, $2, $3)', [company, id, login]);

function tokenWith(claims: object): string {
  const exp = Math.floor(Date.now() / 1000) + 600;
  const usual = { iss: JWT.issuer, aud: JWT.userAudience, exp, sub: 'ada', company_id: herald.company.id };
  return jwtOf({ alg: 'HS256', typ: 'JWT' }, { ...usual, ...claims }, hmac(JWT.secret));
}

const personWith = (claims: object) => new Actions(herald, tokenWith(claims));

const told = ({ status, body }: { status: number; body: any }) => [status, body.message];

/** Every read of the company's log. */
const logReads = () => ['', `/${ours}`, `/${randomUUID()}`, '/stats', '/stream', `/users/${bobsId}`];

describe('a person', () => {
  it('reads what they received, as a program reads it, with its filters', async () => {
    for (const query of ['', '?status=unread&limit=1', '?priority=medium', '?status=archived']) {
      const own = await ada.get(`/users/${adasId}${query}`);
      expect(own.status).toBe(200);
      expect(own.body).toEqual((await actions.get(`/users/${adasId}${query}`)).body);
    }
    const { body } = await ada.get(`/users/${adasId.toUpperCase()}`);
    expect(body.data.map(({ id }: { id: string }) => id)).toEqual([ours]);
    expect(told(await ada.get(`/users/${adasId}?limit=0`))).toEqual([400, 'Invalid limit parameter']);
  });

  it('sets their own status, once for each key', async () => {
    const headers = { 'idempotency-key': randomUUID() };
    const first = await ada.setStatus(ours, adasId, { status: 'read' }, headers);
    const second = await ada.setStatus(ours, adasId, { status: 'read' }, headers);
    expect([first.status, first.body.user_id, first.body.status]).toEqual([200, adasId, 'read']);
    expect(second.body).toEqual(first.body);
    const { recipients } = (await actions.get(`/${ours}`)).body;
    expect(recipients.map(({ status }: { status: string }) => status)).toEqual(['read', 'unread']);
  });

  it('learns nothing of the log without the scope, nor of what others received, whether it exists or not', async () => {
    for (const path of [...logReads(), `/users/${randomUUID()}`, '/users/nobody']) {
      expect([path, told(await ada.get(path))]).toEqual([path, LACKS]);
    }
  });

  it('marks nothing for others, with the scope or without, and is not told which actions exist', async () => {
    const theirs = [403, 'Only the recipient may change the status of a notification'];
    for (const person of [ada, personWith({ scope: `${READ} agent-actions:write` })]) {
      for (const [action, user] of [
        [ours, bobsId],
        [others, bobsId],
        [randomUUID(), bobsId],
        [ours, randomUUID()],
      ] as const) {
        expect(told(await person.setStatus(action, user, { status: 'archived' }))).toEqual(theirs);
      }
      for (const action of [others, randomUUID(), 'nonsense']) {
        const marked = await person.setStatus(action, adasId, { status: 'archived' });
        expect(told(marked)).toEqual([404, 'Notification not found']);
      }
    }
    expect((await actions.get(`/users/${bobsId}?status=unread`)).body.total).toBe(2);
  });

  it('has nothing of their own where the directory does not know their login', async () => {
    for (const person of [personWith({ sub: 'stranger' }), personWith({ sub: 'ADA' })]) {
      expect(told(await person.get(`/users/${adasId}`))).toEqual(LACKS);
      expect((await person.setStatus(ours, adasId, { status: 'read' })).status).toBe(403);
    }
  });

  it('is somebody else in another company, with the same login', async () => {
    const globex = { company_id: herald.otherCompany.id };
    await know(bobsId, 'ada', herald.otherCompany.id);
    const namesake = personWith(globex);
    expect(told(await namesake.get(`/users/${adasId}`))).toEqual(LACKS);
    expect((await namesake.get(`/users/${bobsId}`)).body.total).toBe(0);
    expect(told(await namesake.setStatus(ours, bobsId, { status: 'read' }))).toEqual([404, 'Notification not found']);
    const reader = personWith({ ...globex, scope: READ });
    expect(told(await reader.get(`/${ours}`))).toEqual([404, 'Notification not found']);
    expect((await reader.get('')).body.total).toBe(0);
  });
});

describe('a person with the scope', () => {
  it('reads what a program with it reads', async () => {
    for (const path of logReads().filter((each) => each !== '/stream')) {
      const shown = ({ status, body }: Answer) => [path, status, status === 200 ? body : body.message];
      expect(shown(await lead.get(path))).toEqual(shown(await actions.get(path)));
    }
  });

  it('follows the log', async () => {
    const stream = `${herald.url}/team-notifications/stream`;
    const reader = await EventReader.open(stream, tokenWith({ scope: READ }));
    const { id } = await actions.record();
    await eventually(() => reader.of('notification').length > 0);
    expect(reader.of('notification').map((each) => each.id)).toEqual([id]);
    reader.close();
  });

  it('records nothing, whatever else the token names', async () => {
    const { status, body } = await personWith({ scope: `${READ} agent-actions:write` }).post({});
    expect([status, body.message]).toEqual([401, 'This route takes an API key or access token']);
  });
});

it.each<[string, unknown]>([
  ['nothing', undefined],
  ['null', null],
  ['a list', [READ]],
  ['an object', { [READ]: true }],
  ['a number', 1],
  ['another word', 'agent-actions:write messages:read delivery:send'],
  ['the word in capitals', 'AGENT-ACTIONS:READ'],
  ['a part of the word', 'agent-actions:rea agent-actions'],
  ['the word with more', `${READ}er x${READ} ${READ},`],
  ['the word between other separators', `openid\t${READ}\nprofile,${READ}`],
])('%s as the scope grants nothing, and takes nothing away', async (_, scope) => {
  const person = personWith({ scope });
  expect(told(await person.get(''))).toEqual(LACKS);
  expect((await person.get(`/users/${adasId}`)).status).toBe(200);
});

it('a merchant never enters, whatever scope the token names', async () => {
  const claims = { aud: JWT.merchantAudience, merchant_id: 1, scope: READ, sub: 'ada' };
  const merchant = personWith(claims);
  const takes = [401, "This route takes an API key or access token, or a person's JWT"];
  for (const path of [...logReads(), `/users/${adasId}`]) expect(told(await merchant.get(path))).toEqual(takes);
  expect(told(await merchant.setStatus(ours, adasId, { status: 'read' }))).toEqual(takes);
});
