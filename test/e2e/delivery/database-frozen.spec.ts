import { setTimeout as sleep } from 'node:timers/promises';
import { aMessage, call } from '../../support/client.js';
import { Herald } from '../../support/herald.js';
import { testPostgresUrl } from '../../support/servers.js';
import { Valve } from '../../support/valve.js';

let herald: Herald;
let valve: Valve;
beforeAll(async () => {
  valve = await Valve.before(testPostgresUrl());
  herald = await Herald.start({
    services: ['gateway'],
    through: { postgres: Number(new URL(valve.url(testPostgresUrl())).port) },
  });
}, 120_000);
afterAll(async () => {
  await herald?.stop();
  await valve?.end();
});

const send = async () => {
  const begun = performance.now();
  const { status, headers } = await call('POST', `${herald.url}/v1/feed/ai`, {
    token: herald.token('unlimitedApiKey'),
    body: aMessage(),
  });
  return { status, retryAfter: headers.get('retry-after'), ms: performance.now() - begun };
};

describe('a send while Postgres hangs', () => {
  // The client of the database gives up after 6 s.
  it('is refused when one commit would have been, whatever it waited behind', async () => {
    expect((await Promise.all([send(), send(), send()])).map(({ status }) => status)).toEqual([202, 202, 202]);
    valve.freeze();
    const sends = [];
    for (let count = 0; count < 30; count++) {
      sends.push(send());
      await sleep(200);
    }
    const answers = await Promise.all(sends);
    valve.open();
    expect(answers.filter(({ status, retryAfter }) => status !== 503 || !retryAfter)).toEqual([]);
    expect(Math.max(...answers.map(({ ms }) => ms))).toBeLessThan(7500);
  }, 60_000);
});
