import { randomInt, randomUUID } from 'node:crypto';
import { Actions } from '../../support/actions.js';
import { Herald } from '../../support/herald.js';
import { Merchant } from '../../support/merchant.js';
import { brokenBuild } from '../../support/preloads.js';
import { Wire } from '../../support/wire.js';

const PAIRS = 150;

let herald: Herald;
let wire: Wire;
let merchant: Merchant;
/** A notification of another merchant, and an action of another company. */
let question: number;
let action: string;
beforeAll(async () => {
  herald = await Herald.start({ services: ['gateway', 'agent-actions', 'merchant-answers'] });
  wire = new Wire(herald.url, 1);
  merchant = new Merchant(herald);
  question = await new Merchant(herald, 0, herald.otherCompany).open();
  const theirs = new Actions(herald, herald.token('unlimitedApiKey', herald.otherCompany));
  action = (await theirs.record()).id;
}, 120_000);
afterAll(async () => {
  wire?.close();
  await herald?.stop();
});

type Asked = [method: string, path: string, token: string, body?: string];

async function timeOf([method, path, token, body = '']: Asked): Promise<number> {
  const headers = { authorization: `Bearer ${token}`, ...(body ? { 'content-type': 'application/json' } : {}) };
  const start = performance.now();
  const { status } = await wire.send({ method, path, headers, body });
  if (status !== 404) throw new Error(`${status} instead of 404`);
  return performance.now() - start;
}

/**
 * Returns the share of pairs in which the one takes longer than the other, sent one right after the other in random
 * order: about half when they take equally long, whatever else the machine is doing.
 */
async function shareSlower(one: (n: number) => Asked, other: (n: number) => Asked, pairs: number): Promise<number> {
  let slower = 0;
  for (let n = -20; n < pairs; n++) {
    const times: number[] = [];
    const order = randomInt(2) === 0 ? [0, 1] : [1, 0];
    for (const which of order) times[which] = await timeOf([one, other][which]!(n));
    if (n >= 0 && times[0]! > times[1]!) slower++;
  }
  return slower / pairs;
}

/** Six standard deviations of what chance does to so many pairs. */
const noise = (pairs: number) => 6 * Math.sqrt(0.25 / pairs);

/** Ids that nobody has, near those that somebody has. */
const nowhere = (n: number) => 900_000_000 + n;

const asks: [string, () => [(n: number) => Asked, (n: number) => Asked]][] = [
  ['answers another’s notification', () => [answer(question), (n) => answer(nowhere(n))()]],
  ['answers it badly', () => [answer(question, '{"answer":5}'), (n) => answer(nowhere(n), '{"answer":5}')()]],
  ['deletes it', () => [remove(question), (n) => remove(nowhere(n))()]],
  ['reads another company’s action', () => [read(action), () => read(randomUUID())()]],
  ['traces it', () => [trace(action), () => trace(randomUUID())()]],
];

const answer =
  (id: number, body = '{"answer":"Yes"}') =>
  (): Asked => ['POST', `/api/v1/notification/${id}/answer`, merchant.token, body];
const remove = (id: number) => (): Asked => ['DELETE', `/api/v1/notification/${id}`, merchant.token];
const read = (id: string) => (): Asked => ['GET', `/team-notifications/${id}`, herald.token('unlimitedApiKey')];
const trace = (id: string) => (): Asked => ['GET', `/v1/messages/${id}`, herald.token('unlimitedApiKey')];

describe('who', () => {
  it.each(asks)(
    '%s cannot tell by the time that it is there',
    async (_, ask) => {
      const share = await shareSlower(...ask(), PAIRS);
      expect(Math.abs(share - 0.5)).toBeLessThan(noise(PAIRS));
    },
    300_000,
  );

  it('finds a worker that lingers over it', async () => {
    await herald.service('merchant-answers').stop();
    await herald.startService('merchant-answers', {
      preload: brokenBuild('workers/linger-at-foreign'),
    });
    const pairs = 50;
    const share = await shareSlower(answer(question), (n) => answer(nowhere(n))(), pairs);
    expect(share - 0.5).toBeGreaterThan(noise(pairs));
  }, 120_000);
});
