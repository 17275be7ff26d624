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
      .argument('<name>', 'what people call it')
      .option('--id <uuid>', 'a new one unless given')
      .option('--yes', 'does not ask when there is a company of this name'),
  )
    .description('makes a company and prints its id')
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
  const users = program.command('users').description('the directory of a company, in the database at DATABASE_URL');
  asJson(
    users
      .command('create')
      .requiredOption('--company <id>', 'whose directory')
      .option('--login <login>', 'as in messages and in the tokens of people')
      .option('--email <address>')
      .option('--name <name>')
      .option('--id <uuid>', 'a new one unless given'),
  )
    .description('adds a user and prints the id')
    .action(async (options: UserOptions) => {
      const { createUser } = await import('../accounts/users.js');
      await createUser(options);
    });
  asJson(users.command('list').requiredOption('--company <id>', 'whose directory'))
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
      .requiredOption('--company <id>', 'whose')
      .requiredOption('--name <name>', 'what it is for, as `keys list` shows it')
      .requiredOption('--scope <scopes...>', 'delivery:send, messages:read, agent-actions:read, agent-actions:write')
      .option('--author <logins...>', 'the only logins it may send messages as; any unless given')
      .option('--environment <word>', 'stands in the key: hrld_<word>_…', 'live'),
  )
    .description('makes a key and prints it, this once')
    .action(async (options: KeyOptions) => {
      const { createKey } = await import('../accounts/keys.js');
      await createKey(options);
    });
  asJson(keys.command('list').option('--company <id>', 'whose; of all unless given'))
    .description('shows keys with their state and last use, never their secrets')
    .action(async (options: { company?: string; json?: boolean }) => {
      const { showKeys } = await import('../accounts/keys.js');
      await showKeys(options);
    });
  asJson(
    keys
      .command('rotate')
      .argument('<id>', 'of the key')
      .option('--overlap <time>', 'how long the secret it has goes on holding, as 15m or 7d; 0 ends it at once', '24h'),
  )
    .description('gives a key another secret and prints the key, this once')
    .action(async (id: string, options: { overlap: string; json?: boolean }) => {
      const { rotateKey } = await import('../accounts/keys.js');
      await rotateKey(id, options);
    });
  asJson(
    keys
      .command('revoke')
      .argument('<id>', 'of the key')
      .option('--previous', 'only the secret that it had before the last rotation'),
  )
    .description('ends a key for good, everywhere within a second')
    .action(async (id: string, options: { previous?: boolean; json?: boolean }) => {
      const { revokeKey } = await import('../accounts/keys.js');
      await revokeKey(id, options);
    });
  changeable(keys.command('change').argument('<id>', 'of the key'))
    .description('gives a key other limits or another end; what is not named stays')
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
      .option('--expires-in <time>', 'how long it holds, as 15m or 7d', '1h'),
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
      .option('--limit-per-minute <count>', 'requests a minute, none or default')
      .option('--limit-per-hour <count>', 'requests an hour, none or default')
      .option('--expires <when>', 'a time from now (90d), a date (2027-01-31) or never'),
  );

const signing = `
It is signed as the gateway is set: by JWT_ISSUER, JWT_USER_AUDIENCE, JWT_MERCHANT_AUDIENCE, JWT_ALGORITHM, and JWT_SECRET
or JWT_PRIVATE_KEY (PEM; JWT_KEY_ID names it), else as \`npm start\` set the gateway of this checkout.`;
