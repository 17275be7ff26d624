import { randomUUID } from 'node:crypto';
import { freshToken, insertCredential, revokeCredential, tokenOf } from '@herald/database';
import { aPerson, Actions } from '../../support/actions.js';
import { eventually } from '../../support/eventually.js';
import { Herald, JWT } from '../../support/herald.js';
import { hmac, jwtOf } from '../../support/jwt.js';
import { EventReader } from '../../support/event-reader.js';

let herald: Herald;
let actions: Actions;
const readers: EventReader[] = [];
beforeAll(async () => {
  herald = await Herald.start({ services: ['gateway', 'agent-actions'] });
  actions = new Actions(herald);
});
afterAll(() => herald.stop());
afterEach(() => {
  for (const reader of readers.splice(0)) reader.close();
});

const open = async (query = '', token = herald.token('unlimitedApiKey')) => {
  const reader = await EventReader.open(`${herald.url}/team-notifications/stream${query}`, token);
  readers.push(reader);
  return reader;
};

const idsOf = (reader: EventReader) => reader.of('notification').map(({ id }) => id as string);

it('shows an action as the list does, when it is recorded and when it is read', async () => {
  const reader = await open();
  const person = aPerson();
  const { id } = await actions.record({ recipients: [person] });
  await eventually(() => idsOf(reader).includes(id));
  const { body } = await actions.get(`/${id}`);
  expect(reader.of('notification')[0]).toEqual(body);
  await actions.setStatus(id, person.id, { status: 'read' });
  await eventually(() => reader.of('notification').some((each) => each.id === id && each.status === 'read'));
});

it('shows what its filters let through, and removes what they let through no longer', async () => {
  const agent = randomUUID();
  const reader = await open(`?agent_id=${agent}&status=unread`);
  const person = aPerson();
  await actions.record({ recipients: [person] });
  const { id } = await actions.record({ recipients: [person], metadata: { agent_id: agent } });
  await eventually(() => idsOf(reader).length > 0);
  expect(idsOf(reader)).toEqual([id]);
  await actions.setStatus(id, person.id, { status: 'read' });
  await eventually(() => reader.of('removed').some((each) => each.id === id));
});

it('shows nothing to another company', async () => {
  const [mine, foreign] = [await open(), await open('', herald.token('unlimitedApiKey', herald.otherCompany))];
  const { id } = await actions.record();
  const other = await new Actions(herald, herald.token('unlimitedApiKey', herald.otherCompany)).record();
  await eventually(() => idsOf(mine).length > 0 && idsOf(foreign).length > 0);
  expect([idsOf(mine), idsOf(foreign)]).toEqual([[id], [other.id]]);
});

it('goes on on another gateway, after what was written through the first', async () => {
  const second = await herald.startService('gateway', {}, 'second');
  const reader = await EventReader.open(`${second.url}/team-notifications/stream`, herald.token('unlimitedApiKey'));
  readers.push(reader);
  const { id } = await actions.record();
  await eventually(() => idsOf(reader).includes(id));
});

it('ends within a second when its credential is revoked', async () => {
  const parts = freshToken();
  const credential = { companyId: herald.company.id, name: 'stream', scopes: ['agent-actions:read' as const] };
  await insertCredential(herald.database, parts, credential);
  const reader = await open('', tokenOf(parts, 'test'));
  await eventually(async () => (await open('', tokenOf(parts, 'test'))).status === 200);
  const revokedAt = Date.now();
  await revokeCredential(herald.database, parts.id);
  await eventually(() => reader.hasEnded);
  expect(Date.now() - revokedAt).toBeLessThan(3000);
});

it('ends with the JWT that opened it', async () => {
  const exp = Math.floor(Date.now() / 1000) - 3;
  const claims = { iss: JWT.issuer, aud: JWT.userAudience, exp, sub: 'dmurta', company_id: herald.company.id };
  const reader = await EventReader.open(
    `${herald.url}/v1/feed/stream`,
    jwtOf({ alg: 'HS256', typ: 'JWT' }, claims, hmac(JWT.secret)),
  );
  readers.push(reader);
  expect(reader.status).toBe(200);
  await eventually(() => reader.hasEnded);
});
