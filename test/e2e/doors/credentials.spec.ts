import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  type Credential,
  findCredential,
  freshToken,
  insertCredential,
  type NewCredential,
  tokenOf,
} from '@herald/database';
import { aMessage, call } from '../../support/client.js';
import { commandLine } from '../../support/command-line.js';
import { aCredential } from '../../support/credential.js';
import { eventually } from '../../support/eventually.js';
import { Herald } from '../../support/herald.js';
import { rsaKey } from '../../support/jwt.js';
import { brokenBuild } from '../../support/preloads.js';
import { emptyDatabase } from '../../support/servers.js';

const GATEWAYS = ['one', 'two'];
/** A revoked credential is refused everywhere within this time. */
const REVOKED_WITHIN_MS = 1000;
const DAY_MS = 24 * 60 * 60 * 1000;

const key = rsaKey('ours');
const privatePem = key.privateKey.export({ format: 'pem', type: 'pkcs8' }).toString();

// Each command of an operator is a process, which a busy machine takes its time to start.
jest.setTimeout(180_000);

let herald: Herald;
let company: string;
beforeAll(async () => {
  herald = await Herald.start({ services: [] });
  const env = { JWT_SECRET: '', JWT_ALGORITHM: 'RS256', JWT_PUBLIC_KEY: key.pem };
  [company] = await Promise.all([
    made('companies', 'create', 'Initech'),
    herald.startService('delivery'),
    herald.startService('gateway', {}, 'one'),
    herald.startService('gateway', { env }, 'two'),
  ]);
});
afterAll(() => herald.stop());

/** Runs `herald …`, which must succeed, and returns what it printed. */
async function made(...args: string[]): Promise<string> {
  const { failed, stdout, stderr } = await commandLine(herald.databaseUrl, ...args);
  if (failed) throw new Error(stderr);
  return stdout.trim();
}
const madeJson = async (...args: string[]) => JSON.parse(await made(...args, '--json'));

/** Returns the error of `herald …`: sentences on standard error, and nothing that a script could take for a result. */
async function failure(...args: string[]): Promise<string> {
  const { failed, stdout, stderr } = await commandLine(herald.databaseUrl, ...args);
  expect([failed, stdout]).toEqual([true, '']);
  expect(stderr).not.toMatch(/^\s+at /m);
  return stderr;
}

/** A key that is not limited; the test names what matters to it. */
const aKey = (given: Partial<NewCredential> = {}) => {
  const scopes = ['delivery:send', 'agent-actions:read'] as const;
  return aCredential(herald, { companyId: company, scopes, limitPerMinute: 0, limitPerHour: 0, ...given });
};
const stored = async (id: string) => (await findCredential(herald.database, id)) as Credential;

const url = (gateway: string) => herald.service(gateway).url;
const statusAt = async (gateway: string, token: string) =>
  (await call('GET', `${url(gateway)}/team-notifications`, { token })).status;
const statuses = (token: string) => Promise.all(GATEWAYS.map((gateway) => statusAt(gateway, token)));
const isRefusedEverywhere = async (token: string) => (await statuses(token)).every((status) => status === 401);

describe('a production start', () => {
  it('needs the command line alone: company, user, key, a message sent with it, and a token to read it', async () => {
    const id = await made('companies', 'create', 'Umbrella & Söhne');
    expect(await madeJson('companies', 'list')).toContainEqual({
      id,
      name: 'Umbrella & Söhne',
      createdAt: expect.any(String),
    });
    const user = await made(
      'users',
      'create',
      '--company',
      id,
      '--login',
      'ada',
      '--name',
      'Ada',
      '--email',
      'ada@example.com',
    );
    expect(await madeJson('users', 'list', '--company', id)).toEqual([
      { companyId: id, id: user, login: 'ada', name: 'Ada', email: 'ada@example.com', createdAt: expect.any(String) },
    ]);
    const token = await made('keys', 'create', '--company', id, '--name', 'crm', '--scope', 'delivery:send');
    expect(token).toMatch(/^hrld_live_[0-9a-f]{16}_[0-9a-f]{64}$/);
    const message = aMessage({ authorLogin: 'bob', recipientLogin: 'ada' });
    const sent = await call('POST', `${url('two')}/v1/feed/ai`, { headers: { 'x-api-key': token }, body: message });
    expect(sent.status).toBe(202);
    const { issuer, userAudience, merchantAudience, secret } = herald.demo.jwt;
    const jwt = { JWT_ISSUER: issuer, JWT_USER_AUDIENCE: userAudience, JWT_MERCHANT_AUDIENCE: merchantAudience };
    const signers = {
      one: { ...jwt, JWT_ALGORITHM: 'HS256', JWT_SECRET: secret },
      two: { ...jwt, JWT_ALGORITHM: 'RS256', JWT_PRIVATE_KEY: privatePem, JWT_KEY_ID: 'ours' },
    };
    for (const [gateway, signer] of Object.entries(signers)) {
      const minted = await commandLine(signer, 'tokens', 'mint', '--company', id, '--login', 'ada');
      const feed = () => call('GET', `${url(gateway)}/v1/feed`, { token: minted.stdout.trim() });
      await eventually(async () => (await feed()).body.data?.[0]?.id === sent.body.correlationId);
      const merchant = await commandLine(signer, 'tokens', 'mint', '--merchant', '1', '--json');
      const list = await call('GET', `${url(gateway)}/api/v1/notification`, {
        token: JSON.parse(merchant.stdout).token,
      });
      expect(list.status).toBe(200);
      const person = ['--company', id, '--login', 'ada'];
      const reader = await commandLine(signer, 'tokens', 'mint', ...person, '--scope', 'agent-actions:read');
      expect(await statusAt(gateway, reader.stdout.trim())).toBe(200);
      expect(await statusAt(gateway, minted.stdout.trim())).toBe(403);
    }
  });

  it('gives a login to a user whom agent actions named, once', async () => {
    const id = randomUUID();
    const users = ['users', 'change', id, '--company', company];
    await herald.query('insert into users (company_id, id, name) values ($1, $2, $3)', [company, id, 'Ada']);
    expect(await made(...users, '--login', 'named')).toBe(id);
    expect(await madeJson('users', 'list', '--company', company)).toContainEqual(
      expect.objectContaining({ id, login: 'named', name: 'Ada' }),
    );
    await made('users', 'create', '--company', company, '--login', 'taken');
    expect(await failure(...users, '--login', 'taken')).toMatch(/login "taken" already/);
  });

  it('shows a key once, on standard output alone, and keeps nothing that it could be made of', async () => {
    const { stdout, stderr } = await commandLine(
      herald.databaseUrl,
      'keys',
      'create',
      `--company=${company}`,
      '--name=canary',
      '--scope=messages:read',
    );
    const [, , id, secret] = stdout.trim().split('_');
    expect(stdout).toBe(`hrld_live_${id}_${secret}\n`);
    expect(stderr).toMatch(/canary.*messages:read.*once/);
    expect(stderr).not.toContain(secret);
    await statuses(stdout.trim());
    const listed = `${await made('keys', 'list')} ${JSON.stringify(await madeJson('keys', 'list'))}`;
    expect(listed).toContain(id);
    const [row] = await herald.query<{ row: string }>('select c::text as row from credentials c where id = $1', [id]);
    for (const text of [listed, row!.row, ...GATEWAYS.map((name) => herald.service(name).log)])
      expect(text).not.toContain(secret);
  });
});

describe('a key', () => {
  it('may stand in x-api-key, in Authorization, or in both', async () => {
    const { token } = await aKey();
    const ask = (headers: Record<string, string>) => call('GET', `${url('one')}/team-notifications`, { headers });
    for (const headers of [
      { 'x-api-key': token },
      { authorization: `Bearer ${token}` },
      { authorization: `bearer ${token}` },
      { 'x-api-key': token, authorization: `Bearer ${token}` },
    ] as Record<string, string>[]) {
      expect((await ask(headers)).status).toBe(200);
    }
  });

  it('is let in at once although it was tried before it was there', async () => {
    const parts = freshToken();
    const token = tokenOf(parts, 'live');
    expect(await statuses(token)).toEqual([401, 401]);
    await insertCredential(herald.database, parts, {
      companyId: company,
      name: 'late',
      scopes: ['agent-actions:read'],
    });
    expect(await statuses(token)).toEqual([200, 200]);
  });

  it('is refused once it has expired, and accepted again when its end is moved', async () => {
    const expiresAt = new Date(Date.now() + 2000);
    const { token, id } = await aKey({ expiresAt });
    await eventually(() => isRefusedEverywhere(token));
    expect(Date.now()).toBeGreaterThanOrEqual(expiresAt.getTime());
    expect((await stored(id)).state).toBe('expired');
    await made('keys', 'change', id, '--expires', 'never');
    expect(await statuses(token)).toEqual([200, 200]);
    expect(await stored(id)).toMatchObject({ state: 'live', expiresAt: null });
  });

  it('writes as the authors it names alone, and does what its scopes say alone', async () => {
    const { token } = await aKey({ authorLogins: ['admin', 'système'] });
    const send = async (authorLogin: string) =>
      (await call('POST', `${url('one')}/v1/feed/ai`, { token, body: aMessage({ authorLogin }) })).status;
    expect([await send('admin'), await send('système'), await send('carla')]).toEqual([202, 202, 403]);
    expect((await call('POST', `${url('one')}/team-notifications`, { token, body: {} })).status).toBe(403);
  });

  it('has the limits that it was given, and others when they are changed', async () => {
    const limits = [
      '--limit-per-minute',
      '7',
      '--limit-per-hour',
      'none',
      '--author',
      'ada',
      'bob',
      '--expires',
      '90d',
    ];
    const key = ['keys', 'create', '--company', company, '--name', 'crm', '--scope', 'delivery:send', 'messages:read'];
    const { id, expiresAt } = await madeJson(...key, ...limits);
    expect(await stored(id)).toMatchObject({
      name: 'crm',
      scopes: ['delivery:send', 'messages:read'],
      authorLogins: ['ada', 'bob'],
      limitPerMinute: 7,
      limitPerHour: 0,
    });
    expect(Math.abs(Date.parse(expiresAt) - Date.now() - 90 * DAY_MS)).toBeLessThan(60_000);
    await made('keys', 'change', id, '--limit-per-minute', 'default', '--limit-per-hour', '5000');
    expect(await stored(id)).toMatchObject({
      limitPerMinute: null,
      limitPerHour: 5000,
      expiresAt: new Date(expiresAt),
    });
    expect(await made('keys', 'list', '--company', company)).toMatch(new RegExp(`^${id} .* default +5000 `, 'm'));
  });

  it('shows when it was last used', async () => {
    const { token, id } = await aKey();
    expect((await stored(id)).lastUsedAt).toBeNull();
    const before = Date.now();
    await statuses(token);
    const lastUsedAt = await eventually(async () => (await stored(id)).lastUsedAt, 30_000);
    expect(lastUsedAt.getTime()).toBeGreaterThanOrEqual(before);
    expect(lastUsedAt.getTime()).toBeLessThanOrEqual(Date.now());
    expect(await made('keys', 'list', '--company', company)).toContain(lastUsedAt.toISOString().slice(0, 19));
  });
});

describe('a rotation', () => {
  const rotate = (id: string, ...options: string[]) => madeJson('keys', 'rotate', id, ...options);

  it('makes a second secret that is valid everywhere at once, beside the first until that expires', async () => {
    const { token: old, id } = await aKey({ environment: 'staging' });
    expect(await statuses(old)).toEqual([200, 200]);
    const { token, previousExpiresAt } = await rotate(id, '--overlap', '4s');
    expect(token).toMatch(new RegExp(`^hrld_staging_${id}_`));
    expect([await statuses(token), await statuses(token)]).toEqual([
      [200, 200],
      [200, 200],
    ]);
    const end = Date.parse(previousExpiresAt);
    const refused: number[] = [];
    await eventually(async () => {
      const askedAt = Date.now();
      const seen = await statuses(old);
      if (seen.includes(401)) refused.push(Date.now());
      return askedAt > end && seen.every((status) => status === 401);
    }, 15_000);
    expect(refused[0]).toBeGreaterThanOrEqual(end);
    expect(await statuses(token)).toEqual([200, 200]);
    expect((await stored(id)).state).toBe('live');
  });

  it('keeps the old secret valid for a day by default', async () => {
    const { id } = await aKey();
    const { previousExpiresAt } = await rotate(id);
    expect(Math.abs(Date.parse(previousExpiresAt) - Date.now() - DAY_MS)).toBeLessThan(60_000);
    expect(await made('keys', 'list')).toMatch(new RegExp(`^${id} .* rotating until `, 'm'));
  });

  it('can end the old secret early, by itself, everywhere within a second', async () => {
    const { token: old, id } = await aKey();
    const { token } = await rotate(id);
    expect(await statuses(old)).toEqual([200, 200]);
    await made('keys', 'revoke', id, '--previous');
    await sleep(REVOKED_WITHIN_MS);
    expect([await statuses(old), await statuses(token)]).toEqual([
      [401, 401],
      [200, 200],
    ]);
    expect(await failure('keys', 'revoke', id, '--previous')).toMatch(/one live secret/);
  });

  it('never leaves three secrets: it is refused while two hold, or ends both', async () => {
    const { token: first, id } = await aKey();
    const { token: second } = await rotate(id);
    expect(await failure('keys', 'rotate', id)).toMatch(/holds until .*--previous/);
    expect(await statuses(first)).toEqual([200, 200]);
    const { token: third } = await rotate(id, '--overlap', '0');
    await sleep(REVOKED_WITHIN_MS);
    expect([await statuses(first), await statuses(second), await statuses(third)]).toEqual([
      [401, 401],
      [401, 401],
      [200, 200],
    ]);
  });

  it('does not bring back what was revoked or has expired', async () => {
    const { id, token } = await aKey();
    await made('keys', 'revoke', token);
    expect(await failure('keys', 'rotate', id)).toMatch(/is revoked/);
    expect(await failure('keys', 'change', id, '--expires', '1h')).toMatch(/is revoked/);
    const { id: over } = await aKey({ expiresAt: new Date(Date.now() - 1000) });
    expect(await failure('keys', 'rotate', over)).toMatch(/is expired/);
  });
});

describe('the revocation of a key that is in use', () => {
  const GIVEN_UP_AFTER_MS = 5 * REVOKED_WITHIN_MS;

  /** Returns the time between the revocation and the last request that was accepted. */
  async function lastLetIn(gateways: string[]): Promise<number> {
    const { id, token } = await aKey();
    const letIn: number[] = [];
    let end = Infinity;
    const users = gateways.map(async (gateway) => {
      for (;;) {
        const sentAt = Date.now();
        if ((await statusAt(gateway, token)) === 401 || sentAt > end) return;
        letIn.push(sentAt);
      }
    });
    await eventually(() => letIn.length > 20);
    const { revokedAt } = await madeJson('keys', 'revoke', id);
    end = Date.parse(revokedAt) + GIVEN_UP_AFTER_MS;
    await Promise.all(users);
    // Revoking it again changes nothing.
    expect((await madeJson('keys', 'revoke', id)).revokedAt).toBe(revokedAt);
    return Math.max(...letIn) - Date.parse(revokedAt);
  }

  it('works on every gateway within a second', async () => {
    expect(await lastLetIn(GATEWAYS)).toBeLessThan(REVOKED_WITHIN_MS);
  });

  it('would be late on a gateway that never looks a credential up again', async () => {
    await herald.startService('gateway', { preload: brokenBuild('gateway/long-memory') }, 'late');
    expect(await lastLetIn(['late'])).toBeGreaterThan(REVOKED_WITHIN_MS);
  });
});

describe('a stranger', () => {
  const ask = (token: string) => call('GET', `${url('one')}/team-notifications`, { token });
  const told = async (token: string) => {
    const { status, body, headers } = await ask(token);
    const { timestamp: _, requestId: __, ...rest } = body;
    return { status, rest, names: [...headers.keys()].toSorted() };
  };

  it('does not learn whether the id, the secret, the end or the form was wrong', async () => {
    const { token, id } = await aKey();
    const { token: ended, id: endedId } = await aKey();
    await made('keys', 'revoke', endedId);
    const [, , , secret] = token.split('_');
    const wrong = [
      `hrld_live_${id}_${'0'.repeat(64)}`,
      `hrld_live_${'0'.repeat(16)}_${secret}`,
      `hrld_live_${id}_${secret}0`,
      `hrld_live_${id}`,
      `hrld_${id}_${secret}`,
      ended,
      'hrld_live_',
      'nonsense',
    ];
    const answers = await Promise.all(wrong.map(told));
    for (const answer of answers) expect(answer).toEqual(answers[0]);
    expect(answers[0]).toMatchObject({
      status: 401,
      rest: { error: 'Unauthorized', message: 'Invalid or missing credentials' },
    });
  });

  it('waits as long for an id that nobody has as for a secret that is wrong', async () => {
    const { id } = await aKey();
    const took: Record<string, number[]> = { wrong: [], unknown: [] };
    const unknown = randomUUID().replaceAll('-', '').slice(0, 16);
    for (let round = 0; round < 100; round++) {
      for (const [name, each] of [
        ['wrong', id],
        ['unknown', unknown],
      ] as const) {
        const startedAt = performance.now();
        await ask(`hrld_live_${each}_${'0'.repeat(64)}`);
        took[name]!.push(performance.now() - startedAt);
      }
    }
    const median = (times: number[] = []) => times.toSorted((one, other) => one - other)[times.length / 2] as number;
    const ratio = median(took['wrong']) / median(took['unknown']);
    expect(ratio).toBeGreaterThan(0.67);
    expect(ratio).toBeLessThan(1.5);
  });
});

describe('the command line', () => {
  const nobody = randomUUID();

  it.each<[string, string[], RegExp]>([
    [
      'an unknown company',
      ['keys', 'create', '--company', nobody, '--name', 'x', '--scope', 'delivery:send'],
      /no company/,
    ],
    ['a company that is no id', ['users', 'list', '--company', 'Acme'], /company: must be a UUID/],
    [
      'an unknown scope',
      ['keys', 'create', '--company', nobody, '--name', 'x', '--scope', 'all'],
      /scope: must be of delivery:send/,
    ],
    ['no scope', ['keys', 'create', '--company', nobody, '--name', 'x'], /--scope/],
    [
      'an end in the past',
      ['keys', 'change', 'abcdefgh12', '--expires', '2020-01-01'],
      /expires: must be in the future/,
    ],
    ['an end that is none', ['keys', 'change', 'abcdefgh12', '--expires', 'soon'], /expires: must be a time from now/],
    ['a limit of 0', ['keys', 'change', 'abcdefgh12', '--limit-per-minute', '0'], /limit-per-minute: must be/],
    ['no change', ['keys', 'change', 'abcdefgh12'], /what to change/],
    ['an overlap that is too long', ['keys', 'rotate', 'abcdefgh12', '--overlap', '91d'], /overlap: .*90 days/],
    ['an unknown key', ['keys', 'revoke', 'abcdefgh12'], /no key abcdefgh12/],
    ['a key that is no id', ['keys', 'rotate', "x' or true"], /must be the id of a key/],
    ['an empty name', ['companies', 'create', ' '], /name: must hold a visible character/],
    ['no one to mint for', ['tokens', 'mint'], /for whom/],
    ['a scope of a merchant', ['tokens', 'mint', '--merchant', '1', '--scope', 'agent-actions:read'], /Only a person/],
    [
      'a scope that no JWT may carry',
      ['tokens', 'mint', '--company', nobody, '--login', 'a', '--scope', 'agent-actions:write'],
      /scope: must be of agent-actions:read/,
    ],
    ['no change of a user', ['users', 'change', nobody, '--company', nobody], /what to change/],
    ['an unknown user', ['users', 'change', nobody, '--company', nobody, '--login', 'a'], /no user/],
    ['two to mint for', ['tokens', 'mint', '--merchant', '1', '--login', 'a'], /for whom/],
    ['an unknown command', ['keys', 'destroy'], /unknown command 'destroy'/],
  ])('says what is wrong with %s, and ends with 1', async (_, args, says) => {
    expect(await failure(...args)).toMatch(says);
  });

  it('does not make a company or a user twice', async () => {
    expect(await failure('companies', 'create', 'Other', '--id', company)).toMatch(/already/);
    await made('companies', 'create', 'Twice');
    expect(await failure('companies', 'create', 'twice')).toMatch(/make another company "twice".*: --yes/);
    expect(await made('companies', 'create', 'Twice', '--yes')).toMatch(/^[\da-f-]{36}$/);
    const user = ['users', 'create', '--company', company, '--login', 'twice'];
    await made(...user);
    expect(await failure(...user)).toMatch(/login \("twice"\) already/);
    expect(await failure('users', 'create', '--company', nobody, '--login', 'x')).toMatch(/no company/);
  });

  it('shows tables that fit a terminal of 120 columns, with ids and times whole', async () => {
    const id = await made('companies', 'create', 'Umbrella and its sons and daughters '.repeat(4).trim());
    const scopes = ['delivery:send', 'messages:read', 'agent-actions:read', 'agent-actions:write'];
    const named = ['--company', id, '--name', 'the key of a service whose name is longer than most'];
    const login = 'a-very-long-login-that-somebody-chose@example.com';
    await made('keys', 'create', ...named, '--scope', ...scopes, '--author', login, '--expires', '2099-12-31');
    await made('users', 'create', '--company', id, '--login', login, '--email', login, '--name', login);
    const tables = [
      ['companies', 'list'],
      ['keys', 'list'],
      ['users', 'list', '--company', id],
    ];
    for (const command of tables) {
      const lines = (await made(...command)).split('\n');
      expect(lines.filter(({ length }) => length > 120)).toEqual([]);
      expect(lines.join('\n')).toContain(id.slice(0, command[0] === 'users' ? 0 : 36));
    }
    expect(await made('keys', 'list', '--company', id)).toMatch(/delivery:send .* 2099-12-31 .* never$/m);
  });

  it('says so when there is no database, when it is away, and when its schema is old', async () => {
    const empty = await emptyDatabase();
    try {
      for (const [given, says] of [
        [{}, /DATABASE_URL/],
        ['postgres://127.0.0.1:1/x', /DATABASE_URL cannot be used: .*ECONNREFUSED.* running .* `npm start`/],
        ['mysql://127.0.0.1/x', /DATABASE_URL must be a URL that starts with postgres/],
        [empty.url, /herald migrate/],
      ] as const) {
        const { failed, stderr } = await commandLine(given, 'companies', 'list');
        expect([failed, stderr]).toEqual([true, expect.stringMatching(says)]);
        expect(stderr).not.toMatch(/^\s+at /m);
      }
    } finally {
      await empty.drop();
    }
  });
});
