import type { Command } from 'commander';
import type { CompanyOptions } from '../accounts/companies.js';
import type { KeyChanges, KeyOptions } from '../accounts/keys.js';
import type { UserOptions } from '../accounts/users.js';
import type { MintOptions } from '../tokens/mint.js';

// The build rewrites @herald/… in import statements only, so lazily loaded code needs a file of its own.

export function addCompanies(program: Command): void {
  const companies = program.command('companies').description('the companies in the database at DATABASE_URL');
  asJson(
    companies
      .command('create')
      .argument('<name>', 'the name of the company')
      .option('--id <uuid>', 'default: a new id')
      .option('--yes', 'does not ask for confirmation when the name is in use'),
  )
    .description('creates a company and prints its id')
    .action(async (name: string, options: CompanyOptions) => {
      const { createCompany } = await import('../accounts/companies.js');
      await createCompany(name, options);
    });
  asJson(companies.command('list'))
    .description('shows every company')
    .action(async (options: { json?: boolean }) => {
      const { showCompanies } = await import('../accounts/companies.js');
      await showCompanies(options);
    });
}

export function addUsers(program: Command): void {
  const users = program.command('users').description('the users of a company, in the database at DATABASE_URL');
  asJson(
    users
      .command('create')
      .requiredOption('--company <id>', 'the company')
      .option('--login <login>', 'the name in messages and in tokens')
      .option('--email <address>')
      .option('--name <name>')
      .option('--id <uuid>', 'default: a new id'),
  )
    .description('adds a user and prints the id')
    .action(async (options: UserOptions) => {
      const { createUser } = await import('../accounts/users.js');
      await createUser(options);
    });
  asJson(
    users
      .command('change')
      .argument('<id>', 'the id of the user, also of one whom agent actions named')
      .requiredOption('--company <id>', 'the company')
      .option('--login <login>', 'the name in messages and in tokens')
      .option('--email <address>')
      .option('--name <name>'),
  )
    .description('changes a user; what is not named stays')
    .action(async (id: string, options: UserOptions) => {
      const { editUser } = await import('../accounts/users.js');
      await editUser(id, options);
    });
  asJson(users.command('list').requiredOption('--company <id>', 'the company'))
    .description('shows the users of a company')
    .action(async (options: { company: string; json?: boolean }) => {
      const { showUsers } = await import('../accounts/users.js');
      await showUsers(options);
    });
}

export function addKeys(program: Command): void {
  const keys = program
    .command('keys')
    .description('API keys and access tokens of companies, in the database at DATABASE_URL');
  changeable(
    keys
      .command('create')
      .requiredOption('--company <id>', 'the company that the key is for')
      .requiredOption('--name <name>', 'the purpose of the key, shown by `keys list`')
      .requiredOption('--scope <scopes...>', 'delivery:send, messages:read, agent-actions:read, agent-actions:write')
      .option('--author <logins...>', 'the only logins that it may send messages as; default: any')
      .option('--environment <word>', 'a part of the key: hrld_<word>_…', 'live'),
  )
    .description('creates a key and prints it, only this time')
    .action(async (options: KeyOptions) => {
      const { createKey } = await import('../accounts/keys.js');
      await createKey(options);
    });
  asJson(keys.command('list').option('--company <id>', 'only keys of this company'))
    .description('shows keys with their state and last use, never their secrets')
    .action(async (options: { company?: string; json?: boolean }) => {
      const { showKeys } = await import('../accounts/keys.js');
      await showKeys(options);
    });
  asJson(
    keys
      .command('rotate')
      .argument('<id>', 'the id of the key')
      .option(
        '--overlap <time>',
        'how long the old secret stays valid, such as 15m or 7d; 0 ends it immediately',
        '24h',
      ),
  )
    .description('gives a key a new secret and prints the key, only this time')
    .action(async (id: string, options: { overlap: string; json?: boolean }) => {
      const { rotateKey } = await import('../accounts/keys.js');
      await rotateKey(id, options);
    });
  asJson(
    keys
      .command('revoke')
      .argument('<id>', 'the id of the key')
      .option('--previous', 'only the old secret of the last rotation'),
  )
    .description('ends a key for good, on all gateways within a second')
    .action(async (id: string, options: { previous?: boolean; json?: boolean }) => {
      const { revokeKey } = await import('../accounts/keys.js');
      await revokeKey(id, options);
    });
  changeable(keys.command('change').argument('<id>', 'the id of the key'))
    .description('changes the limits or the expiry of a key; what is not named stays')
    .action(async (id: string, options: KeyChanges) => {
      const { changeKey } = await import('../accounts/keys.js');
      await changeKey(id, options);
    });
}

export function addTokens(program: Command): void {
  const tokens = program.command('tokens').description('JWTs of people and merchants, for development');
  asJson(
    tokens
      .command('mint')
      .option('--company <id>', "a person's company")
      .option('--login <login>', "a person's login")
      .option('--merchant <id>', 'a merchant')
      .option('--scope <scopes...>', 'what a person may read besides their own: agent-actions:read')
      .option('--expires-in <time>', 'how long it is valid, such as 15m or 7d', '1h'),
  )
    .description('signs a token and prints it')
    .addHelpText('after', signing)
    .action(async (options: MintOptions) => {
      const { mint } = await import('../tokens/mint.js');
      await mint(options);
    });
}

const asJson = (command: Command) => command.option('--json', 'as JSON');

const changeable = (command: Command) =>
  asJson(
    command
      .option('--limit-per-minute <count>', 'requests a minute; or none, or default')
      .option('--limit-per-hour <count>', 'requests an hour; or none, or default')
      .option('--expires <when>', 'a time from now (90d), a date (2027-01-31) or never'),
  );

const signing = `
The token is signed with the settings of the gateway: JWT_ISSUER, JWT_USER_AUDIENCE, JWT_MERCHANT_AUDIENCE,
JWT_ALGORITHM, and JWT_SECRET or JWT_PRIVATE_KEY (PEM; JWT_KEY_ID names it). Without them, it is signed with the
settings of \`npm start\` in this checkout.`;
