import { spawnSync } from 'node:child_process';
import { resolve } from 'node:path';
import { Herald } from '../../support/herald.js';
import { Ops } from '../../support/ops.js';
import { basic } from '../../support/ops-users.js';
import { Service } from '../../support/service.js';

const PROGRAM = resolve(__dirname, '../../../dist/apps/cli/src/main.js');
const LONG = 'correct horse “batterie” staple';

/** `herald ops-user …` with a password on its standard input. */
const opsUser = (password: string, ...args: string[]) =>
  spawnSync(process.execPath, [PROGRAM, 'ops-user', ...args], { input: `${password}\n`, encoding: 'utf8' });

let herald: Herald;
beforeAll(async () => {
  herald = await Herald.start({ services: [] });
});
afterAll(() => herald.stop());

it('prints the line that lets somebody in, as what they are', async () => {
  const lines = [opsUser(LONG, 'grace', '--admin'), opsUser(`${LONG} 2`, 'linus@example.com')].map(
    ({ stdout }) => stdout,
  );
  expect(lines.join('')).not.toContain('horse');
  const ops = await herald.startService('ops', { env: { OPS_USERS: lines.join('') } });
  const as = (name: string, password: string, path = '/') =>
    fetch(ops.url + path, { headers: { authorization: basic(name, password), accept: 'text/html' } });
  expect(await (await as('grace', LONG)).text()).toContain('grace <small>admin</small>');
  expect(await (await as('linus@example.com', `${LONG} 2`)).text()).toContain('<small>viewer</small>');
  expect((await as('grace', `${LONG} 2`)).status).toBe(401);
  // A user who is not in the list is refused.
  expect((await new Ops(herald, 'ada').get('/')).status).toBe(401);
});

it('hashes the same password differently each time', () => {
  expect(opsUser(LONG, 'grace').stdout).not.toBe(opsUser(LONG, 'grace').stdout);
});

it.each([
  ['a short password', 'too short', ['grace'], 'A password has at least 12 characters.'],
  ['no password', '', ['grace'], 'A password has at least 12 characters.'],
  ['a name that OPS_USERS could not hold', LONG, ['gra:ce'], 'A name is 1 to 100'],
])('refuses %s', (_, password, args, message) => {
  const { status, stdout, stderr } = opsUser(password, ...args);
  expect([status, stdout]).toEqual([1, '']);
  expect(stderr).toContain(message);
});

it.each([
  ['no user', ''],
  ['a password that is not hashed', 'ada:admin:secret'],
  ['a role that there is not', 'ada:owner:scrypt.1024.8.1.aaaa.bbbb'],
  ['a name twice', 'ada:admin:scrypt.1024.8.1.aaaa.bbbb,ada:viewer:scrypt.1024.8.1.aaaa.bbbb'],
  ['one good line and one bad', 'ada:admin:scrypt.1024.8.1.aaaa.bbbb vera'],
])('ops does not start with %s, and says which variable is wrong, not what it holds', async (_, OPS_USERS) => {
  const start = Service.start('ops', [], {
    DATABASE_URL: herald.urlFor('herald_ops'),
    REDIS_URL: herald.redisUrl,
    OPS_USERS,
  });
  const { message } = (await start.then(
    () => undefined,
    (error: Error) => error,
  )) as Error;
  expect(message).toContain('OPS_USERS: must be');
  expect(message).not.toContain('secret');
  expect(message).not.toContain('aaaa.bbbb');
});
