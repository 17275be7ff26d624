import { randomUUID } from 'node:crypto';
import getPort from 'get-port';
import { aMessage, call } from '../../support/client.js';
import { commandLine } from '../../support/command-line.js';
import { eventually } from '../../support/eventually.js';
import { Herald } from '../../support/herald.js';
import { Producer } from '../../support/merchant.js';

// Each command of an operator is a process, which a busy machine takes its time to start.
jest.setTimeout(180_000);

let herald: Herald;
let correlationId: string;
beforeAll(async () => {
  herald = await Herald.start({ services: ['gateway', 'delivery'] });
  const token = herald.token('unlimitedAccessToken');
  const sent = await call('POST', `${herald.url}/v1/feed/ai`, { token, body: aMessage() });
  ({ correlationId } = sent.body);
  await eventually(async () => (await stateOf(correlationId)) === 'delivered');
});
afterAll(() => herald.stop());

const stateOf = async (id: string) =>
  (await herald.query<{ state: string }>('select state from message_places where correlation_id = $1', [id]))[0]?.state;

/** `herald trace …` with no more than ops may. */
const trace = (...args: string[]) => commandLine(herald.urlFor('herald_ops'), 'trace', ...args);
/** The same without a database. */
const traceByGateway = (token: string, ...args: string[]) =>
  commandLine({ HERALD_TOKEN: token }, 'trace', '--gateway', herald.url, ...args);

/** Returns its error: one line on standard error, and nothing that a script could take for a result. */
function failureOf({ failed, stdout, stderr }: Awaited<ReturnType<typeof trace>>): string {
  expect([failed, stdout]).toEqual([true, '']);
  expect(stderr).not.toMatch(/^\s+at /m);
  return stderr;
}

describe('herald trace', () => {
  it('shows when each step was, and how long after the one before it', async () => {
    const { stdout } = await trace(correlationId);
    expect(stdout).toMatch(
      new RegExp(
        `message +${correlationId}\nqueue +delivery\ncompany +${herald.company.id}\nstate +delivered\nattempts +1\nin all +\\d.*\n\n` +
          ['accepted by a gateway', 'put on the queue', 'taken up by a worker, attempt 1', 'delivered']
            .map(
              (says, index) =>
                `\\d{4}-\\d\\d-\\d\\d \\d\\d:\\d\\d:\\d\\d\\.\\d{3}Z +${index ? '\\+[\\d.]+ m?s +' : ''}${says}\n`,
            )
            .join(''),
      ),
    );
  });

  it('gives programs what the API gives, and the company', async () => {
    const { body } = await call('GET', `${herald.url}/v1/messages/${correlationId}`, {
      token: herald.token('accessToken'),
    });
    const { stdout } = await trace(correlationId, '--json');
    expect(JSON.parse(stdout)).toEqual([{ ...body, companyId: herald.company.id }]);
    const byGateway = await traceByGateway(herald.token('accessToken'), correlationId, '--json');
    expect(JSON.parse(byGateway.stdout)).toEqual([body]);
  });

  it('asks a gateway as well, with nothing but a key', async () => {
    const { stdout } = await traceByGateway(herald.token('accessToken'), correlationId);
    expect(stdout).toMatch(/queue +delivery\nstate +delivered\n/);
    expect(stdout).not.toContain('company');
  });

  it('shows why a dead letter was given up, on one line whatever its text', async () => {
    const producer = new Producer(herald, 'delivery');
    const id = randomUUID();
    try {
      await producer.put('deliver', { correlationId: id, companyId: herald.company.id, body: { '\u001b[31m\n': 1 } });
      await eventually(async () => (await stateOf(id)) === 'given_up');
    } finally {
      await producer.close();
    }
    const { stdout } = await trace(id);
    expect(stdout).toMatch(/state +given up\nattempts +1\n/);
    expect(stdout).toMatch(/put on the queue\n.*taken up by a worker, attempt 1\n +body\..*\n.*given up\n$/);
    expect(stdout).not.toContain('\u001b');
  });

  it('ends with 1 and says so where nothing is known, to a stranger as little as of nobody', async () => {
    const unknown = randomUUID();
    const nothing = (id: string) => `herald: Nothing is known of message ${id}.`;
    expect(failureOf(await trace(unknown))).toContain(nothing(unknown));
    const stranger = herald.token('accessToken', herald.otherCompany);
    expect(failureOf(await traceByGateway(stranger, correlationId))).toContain(nothing(correlationId));
  });

  it('says what is wrong with what was typed, and what a gateway refuses', async () => {
    expect(failureOf(await trace('order-17'))).toMatch(/Wrong options:\n {2}correlation-id: /);
    expect(failureOf(await trace(correlationId, '--gateway', 'localhost'))).toMatch(/ gateway: must be the URL/);
    expect(failureOf(await trace(correlationId, '--gateway', herald.url))).toMatch(/needs --token/);
    expect(failureOf(await traceByGateway('hrld_test_x_y', correlationId))).toMatch(/The gateway says 401: /);
    const free = `http://127.0.0.1:${await getPort()}`;
    const nobody = await commandLine({}, 'trace', '--gateway', free, '--token', 'x', correlationId);
    expect(failureOf(nobody)).toMatch(/does not answer: .*ECONNREFUSED/);
    expect(failureOf(await commandLine({}, 'trace', correlationId))).toMatch(/DATABASE_URL must be set/);
  });
});
