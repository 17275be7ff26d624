import { aMessage, call } from '../../support/client.js';
import { eventually } from '../../support/eventually.js';
import { Herald } from '../../support/herald.js';
import { preload } from '../../support/preloads.js';
import { attacksOf, sendOf } from './attacks.js';
import { HonestClient } from './honest-client.js';
import { Attacker } from './attacker.js';
import { type Attack, harmOf, MORE, memoryOf } from './siege.js';

const collectOnSignal = preload('collect-on-signal');
const LONG = 100;

let herald: Herald;
let honest: HonestClient;
beforeAll(async () => {
  herald = await Herald.start({ services: ['delivery'] });
  await herald.startService('gateway', {
    preload: collectOnSignal,
    env: { MAX_CONNECTIONS: '1000', FAILED_LOGINS_PER_MINUTE: '100' },
  });
  const token = herald.token('unlimitedAccessToken');
  const messages = Array.from({ length: LONG }, () => aMessage({ metadata: { note: 'x'.repeat(1000) } }));
  const sent = await call('POST', `${herald.url}/v1/feed/ai/batch`, { token, body: { messages } });
  expect(sent).toMatchObject({
    status: 202,
    body: { results: messages.map(() => ({ correlationId: expect.anything() })) },
  });
  const jwt = herald.jwtOf('dmurta');
  await eventually(
    async () => (await call('GET', `${herald.url}/v1/feed?limit=100`, { token: jwt })).body.data.length === LONG,
  );
  const { otherCompany } = herald;
  const login = otherCompany.users[0]?.login as string;
  honest = HonestClient.of(
    herald.url,
    herald.token('unlimitedAccessToken', otherCompany),
    herald.jwtOf(login, otherCompany),
  );
  // Memory that a busy process keeps is allocated before anything is compared.
  honest.begin();
  await new Promise((done) => setTimeout(done, 3000));
  await honest.stop();
});
afterAll(async () => {
  honest?.close();
  await herald?.stop();
});

const NOBODY = { credential: '', jwt: '' };
const attackers = () => ({ credential: herald.token('unlimitedAccessToken'), jwt: herald.jwtOf('dmurta') });
const cases = Object.entries(attacksOf(NOBODY)).flatMap(([kind, attacks]) =>
  Object.keys(attacks).map((name) => [kind, name] as const),
);

it.each(cases)('%s: %s harms nobody else', async (kind, name) => {
  const attack = attacksOf(attackers())[kind]?.[name] as Attack;
  expect(await harmOf(herald.service('gateway'), honest, attack)).toEqual([]);
});

it('a connection that stays open keeps nothing of the request that it brought', async () => {
  const gateway = herald.service('gateway');
  const body = `{"messages":[${'1,'.repeat(4_000_000)}1]}`;
  const before = await memoryOf(gateway);
  const attacker = new Attacker(herald.url, 30);
  const { credential } = attackers();
  for (let sent = 0; sent < 20; sent++) {
    let answer = '';
    attacker.connect(sendOf(credential, body)).on('data', (chunk: Buffer) => (answer += chunk.toString()));
    await eventually(() => answer.startsWith('HTTP/1.1 400'));
  }
  expect(await eventually(async () => (await memoryOf(gateway)).inUse < before.inUse + MORE)).toBe(true);
  attacker.leave();
});
