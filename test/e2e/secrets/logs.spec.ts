import { randomBytes, randomInt, randomUUID } from 'node:crypto';
import { Redis } from 'ioredis';
import { prefixOf } from '@herald/queue';
import { aMessage, call } from '../../support/client.js';
import { commandLine } from '../../support/command-line.js';
import { eventually } from '../../support/eventually.js';
import { Herald, type ServiceName } from '../../support/herald.js';
import { Merchant } from '../../support/merchant.js';
import { PASSWORD } from '../../support/ops-users.js';
import { brokenBuild, preload } from '../../support/preloads.js';
import { testRedisUrl } from '../../support/servers.js';
import { Service } from '../../support/service.js';
import { Valve } from '../../support/valve.js';
import { Canaries } from './canaries.js';
import { askEverything, lookIntoOps, putEverything } from './everywhere.js';

const SERVICES: ServiceName[] = ['gateway', 'delivery', 'agent-actions', 'merchant-answers', 'ops'];

const canaries = new Canaries();
let herald: Herald;
let admin: Redis;
let valve: Valve;
/** A login to Redis of this file's own: the others use none. */
const redisUser = `canary-${randomBytes(4).toString('hex')}`;
const QUOTED = canaries.of('a row that Postgres quotes');

beforeAll(async () => {
  admin = new Redis(testRedisUrl());
  const password = canaries.of('the password of Redis');
  await admin.call('ACL', 'SETUSER', redisUser, 'on', `>${password}`, '~*', '&*', '+@all');
  valve = await Valve.before(testRedisUrl());
  const redisUrl = new URL(valve.url(testRedisUrl()));
  [redisUrl.username, redisUrl.password] = [redisUser, password];
  herald = await Herald.start({ services: [], redisUrl: redisUrl.href, env: { LOG_LEVEL: 'trace', QUOTED } });
  await Promise.all(SERVICES.map((name) => herald.startService(name, { preload: preload('fault-on-signal') })));
  canaries.watch('the password of Postgres and of ops', PASSWORD);
  canaries.watch('the secret of JWTs', herald.demo.jwt.secret);
  canaries.watch('a good API key', herald.token('unlimitedApiKey').split('_').at(-1) as string);
  canaries.watch('a good JWT', herald.jwtOf('dmurta').split('.').at(-1) as string);
  canaries.watch('a good JWT of a merchant', new Merchant(herald).token.split('.').at(-1) as string);
}, 120_000);
afterAll(async () => {
  await herald?.stop();
  await valve?.end();
  await admin?.call('ACL', 'DELUSER', redisUser);
  admin?.disconnect();
});

const logs = () => SERVICES.map((name) => herald.service(name).log).join('\n');
const found = () => canaries.foundIn(logs());

const QUEUES = ['delivery', 'agent-actions', 'merchant-answers'];

/** A job as a producer may leave it in Redis that knows nothing of BullMQ's rules. */
async function putRaw(
  queue: string,
  data: string,
  { id = randomUUID() as string, name = 'deliver' } = {},
): Promise<void> {
  const key = `${prefixOf(queue, herald.namespace)}:${queue}`;
  const hash = { name, data, opts: '{}', timestamp: Date.now(), delay: 0, priority: 0 };
  await admin.multi().hset(`${key}:${id}`, hash).lpush(`${key}:wait`, id).zadd(`${key}:marker`, 0, '0').exec();
}

const send = (title: string) =>
  call('POST', `${herald.url}/v1/feed/ai`, {
    token: herald.token('unlimitedApiKey'),
    body: aMessage({ title, body: canaries.of('the body of a send') }),
  });

/** The steps of one story; the logs are looked at after each. */
describe('no log contains a secret, or what people wrote', () => {
  it('when every route is asked, well and badly, by everybody', async () => {
    await askEverything(herald, canaries);
    expect(logs()).toContain('is up');
    expect(found()).toEqual([]);
  }, 120_000);

  it('when jobs are good, break their contracts, or cannot be stored', async () => {
    await putEverything(herald, canaries);
    await eventually(async () => (await herald.query('select from dead_letters')).length >= 5, 60_000);
    expect(found()).toEqual([]);
  }, 120_000);

  it('when people of ops look at it, or try to', async () => {
    await lookIntoOps(herald, canaries);
    expect(found()).toEqual([]);
  });

  it('when Postgres refuses rows, and quotes them', async () => {
    await herald.query(`alter table feed_messages add constraint no_canaries check (title <> 'refused')`);
    await herald.query(
      `alter table outbox add constraint none_either check (body #>> '{message,title}' <> 'refused at once')`,
    );
    const { body } = await send('refused');
    await eventually(
      async () =>
        (await herald.query('select from dead_letters where correlation_id = $1', [body.correlationId])).length === 1,
      30_000,
    );
    expect((await send('refused at once')).status).toBe(500);
    await eventually(() => logs().includes('"constraint":"none_either"'));
    expect(found()).toEqual([]);
  }, 60_000);

  it('when errors quote what they could not read', async () => {
    for (const queue of QUEUES) {
      const before = herald.service(queue).log.length;
      await putRaw(queue, canaries.short('a job that is no JSON'));
      await eventually(() => herald.service(queue).log.length > before, 30_000);
    }
    await herald.query(`create function quote_it() returns trigger language plpgsql as $$ begin
      if new.body #>> '{message,title}' like 'CANARY%' then
        raise exception 'invalid input syntax for type json: Token "%" is invalid', new.body #>> '{message,title}'
          using errcode = '22P02', detail = new.body::text, hint = new.body::text;
      end if;
      return new;
    end $$`);
    await herald.query('create trigger quoting before insert on outbox for each row execute function quote_it()');
    expect((await send(canaries.of('a title that Postgres quotes').slice(0, 30))).status).toBe(500);
    await herald.query('drop trigger quoting on outbox');
    await eventually(() => logs().includes('"code":"22P02"'));
    expect(found()).toEqual([]);
  }, 60_000);

  it('when producers choose the ids of jobs', async () => {
    const service = herald.service('delivery');
    const ids = (where: string) => {
      const phone = `4915${randomInt(1e9, 1e10)}`;
      canaries.watch(`a telephone number, as the id of ${where}`, phone);
      return [canaries.of(`the id of ${where}`), phone];
    };
    const count = (words: string) => service.log.split(words).length - 1;
    const before = count('a job is given up');
    for (const id of ids('a broken job')) await putRaw('delivery', '{}', { id });
    await eventually(() => count('a job is given up') === before + 2);
    const owedId = randomUUID();
    await herald.query(
      `insert into outbox (id, queue, job, company_id, body, accepted_at, job_id, queued_at)
       values ($1, 'delivery', 'deliver', $2, '{}', now(), gen_random_uuid(), now() + interval '1 hour')`,
      [owedId, herald.company.id],
    );
    for (const id of ids('a job that no gateway signed'))
      await putRaw('delivery', JSON.stringify({ ids: [owedId] }), { id, name: 'owed' });
    await herald.query('alter table dead_letters add constraint none check (false) not valid');
    for (const id of ids('a job that cannot be given up')) await putRaw('delivery', '{}', { id });
    await eventually(() => count('a job cannot be given up yet') >= 2, 30_000);
    await eventually(() => count('a job is left') === 2);
    await herald.query('alter table dead_letters drop constraint none');
    await herald.query('delete from outbox where id = $1', [owedId]);
    expect(count('"jobId":"sha256:')).toBeGreaterThanOrEqual(6);
    expect(found()).toEqual([]);
  }, 60_000);

  it('when Redis is away, and when garbage comes instead of a reply', async () => {
    const [channel] = (await admin.pubsub('CHANNELS', `${herald.namespace}:replies:*`)) as [string];
    for (const garbage of [canaries.of('garbage on the channel of replies'), 'null', '{}'])
      await admin.publish(channel, garbage);
    valve.close();
    await call('POST', `${herald.url}/v1/feed/read-all`, { token: herald.jwtOf('dmurta') });
    expect((await send('without Redis')).status).toBe(202);
    valve.open();
    await eventually(
      async () =>
        (await call('POST', `${herald.url}/v1/feed/read-all`, { token: herald.jwtOf('dmurta') })).status === 200,
      30_000,
    );
    expect(found()).toEqual([]);
  }, 90_000);

  it('when Postgres is away', async () => {
    const database = new URL(herald.databaseUrl).pathname.slice(1);
    const hangUp = `select pg_terminate_backend(pid) from pg_stat_activity where datname = '${database}' and usename like 'herald\\_%'`;
    await herald.query(`alter database ${database} connection limit 0`);
    try {
      await herald.query(hangUp);
      await eventually(async () => (await send('without Postgres')).status >= 500);
    } finally {
      await herald.query(`alter database ${database} connection limit -1`);
    }
    await eventually(async () => (await send('with Postgres again')).status === 202, 30_000);
    expect(found()).toEqual([]);
  }, 90_000);

  it('when a service meets a fault that nobody handles', async () => {
    for (const name of SERVICES) herald.service(name).signal('SIGUSR2');
    await Promise.all(SERVICES.map((name) => herald.service(name).ended()));
    for (const name of SERVICES) expect(herald.service(name).log).toContain('unhandled error');
    expect(found()).toEqual([]);
  }, 60_000);
});

describe('no service leaks a secret when it cannot start', () => {
  const WORKER = { JOB_LOCK_MS: 'soon' };
  const bad = (name: ServiceName): Record<string, string>[] => {
    const c = canaries.of(`a setting of ${name}`);
    const given = new URL(herald.envOf(name).DATABASE_URL as string);
    const at = (change: (url: URL) => void) => {
      const url = new URL(given);
      change(url);
      return url.href;
    };
    const secret = c.slice(0, 20);
    return [
      { DATABASE_URL: `postgres://user:${c}@127.0.0.1:99999/x` },
      { DATABASE_URL: `mysql://user:${c}@127.0.0.1/x` },
      { DATABASE_URL: `postgres://user:${c}%zz@127.0.0.1:1/x` },
      { DATABASE_URL: at((url) => (url.password = c)) },
      { REDIS_URL: `redis://:${c}@127.0.0.1:99999` },
      { REDIS_URL: `http://:${c}@127.0.0.1` },
      { REDIS_URL: `redis://nobody:${c}@${new URL(testRedisUrl()).host}` },
      { REDIS_URL: `${testRedisUrl()}/${c}` },
      ...(name === 'gateway'
        ? [
            { JWT_SECRET: secret },
            { JWT_ALGORITHM: 'RS256', JWT_PUBLIC_KEY: c },
            {
              JWT_ALGORITHM: 'RS256',
              JWT_SECRET: '',
              JWT_PUBLIC_KEY: `-----BEGIN PUBLIC KEY-----\n${c}\n-----END PUBLIC KEY-----`,
            },
          ]
        : []),
      ...(name === 'ops'
        ? [
            { OPS_USERS: c },
            { OPS_USERS: `ada:admin:${c}` },
            { OPS_USERS: `ada:${c}:x` },
            { OPS_SESSION_SECRET: c.slice(0, 20) },
            { OPS_SESSION_SECRET: `${c} short` },
          ]
        : [WORKER]),
      ...(name === 'ops' ? [] : [{ QUEUE_SECRET: secret }, { QUEUE_SECRET: `${c},${c},${c}` }]),
    ];
  };

  // The workers read their settings alike.
  it.each(['gateway', 'delivery', 'ops'] as const)(
    '%s',
    async (name) => {
      for (const env of bad(name)) {
        const told = await lastWords(name, env);
        expect([env, canaries.foundIn(told)]).toEqual([env, []]);
        expect(told).not.toBe('');
      }
    },
    300_000,
  );

  /** Returns the log of a service that does not start, or that waits for a missing server until it is stopped. */
  async function lastWords(name: ServiceName, env: Record<string, string>): Promise<string> {
    try {
      const service = await Service.start(name, [], {
        ...herald.envOf(name),
        REDIS_URL: testRedisUrl(),
        SHUTDOWN_TIMEOUT_MS: '1000',
        ...env,
      });
      const at = name === 'gateway' ? '/v1/feed/ai' : '/health/ready';
      const token = { authorization: `Bearer ${herald.token('unlimitedApiKey')}` };
      await fetch(service.url + at, { method: name === 'gateway' ? 'POST' : 'GET', headers: token });
      await service.stop();
      return service.log;
    } catch (error) {
      return (error as Error).message;
    }
  }
});

describe('no command leaks a secret when it fails', () => {
  it.each(['migrate', 'types list', 'keys list', 'dead-letters list'])(
    'herald %s',
    async (line) => {
      const command = line.split(' ');
      const url = new URL(herald.databaseUrl);
      for (const DATABASE_URL of [
        Object.assign(new URL(url), { password: canaries.of(`a password for herald ${line}`), username: 'nobody' })
          .href,
        `postgres://user:${canaries.of('a bad URL')}@127.0.0.1:99999/x`,
      ]) {
        const { failed, stdout, stderr } = await commandLine({ DATABASE_URL }, ...command);
        expect([failed, canaries.foundIn(stdout + stderr)]).toEqual([true, []]);
      }
    },
    60_000,
  );
});

it('a service that logs its requests is caught', async () => {
  const broken = await herald.startService(
    'gateway',
    { preload: brokenBuild('any-service/tell-everything') },
    'broken gateway',
  );
  const answer = await call('POST', `${broken.url}/v1/feed/ai`, {
    token: herald.token('unlimitedApiKey'),
    body: aMessage({ body: canaries.of('the body of a message') }),
    headers: { 'idempotency-key': canaries.of('a key'), 'x-request-id': randomUUID() },
  });
  expect(answer.status).toBe(202);
  expect(canaries.foundIn(broken.log)).toEqual(
    expect.arrayContaining([
      'the password of Redis',
      'the password of Postgres and of ops',
      'a good API key',
      'the body of a message',
      'a key',
    ]),
  );
});
