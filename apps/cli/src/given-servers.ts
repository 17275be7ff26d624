import { z } from 'zod';
import { demoFile, readDemo } from './demo-file.js';
import { Failure, sentence } from './failure.js';

/** The servers that a command works on. */
interface GivenServers {
  databaseUrl: string;
  redisUrl?: string;
}

const OfStart = z.object({ databaseUrl: z.string(), redisUrl: z.string() });
const VARIABLES = { Postgres: 'DATABASE_URL', Redis: 'REDIS_URL' } as const;

let found: GivenServers | undefined;

/**
 * Returns the servers that DATABASE_URL and REDIS_URL name. When neither is set, they are those of `npm start`, and
 * standard error says so.
 * @throws Failure when there are none
 */
export const givenServers = (): GivenServers => (found ??= find());

/** An empty variable counts as unset. */
const isSet = (variable: string) => Boolean(process.env[variable]);

function find(): GivenServers {
  const { DATABASE_URL: databaseUrl, REDIS_URL: redisUrl } = process.env;
  if (databaseUrl) {
    if (!isPostgresUrl(databaseUrl)) {
      throw new Failure('DATABASE_URL must be a URL that starts with postgres:// or postgresql://');
    }
    return { databaseUrl, redisUrl: redisUrl || undefined };
  }
  const ofStart = isSet('REDIS_URL') ? undefined : readDemo(OfStart);
  if (!ofStart) {
    throw new Failure(
      'DATABASE_URL must be set to the database of Herald, as postgres://… ' +
        'Where neither it nor REDIS_URL is set, commands use what `npm start` has started.',
    );
  }
  process.stderr.write(`On the servers of \`npm start\` (${demoFile()})\n`);
  return ofStart;
}

const isPostgresUrl = (url: string) =>
  URL.canParse(url) && ['postgres:', 'postgresql:'].includes(new URL(url).protocol);

/** Returns a failure that names the server, the reason, and what to do. */
export function unusable(server: keyof typeof VARIABLES, error: unknown): Failure {
  const variable = VARIABLES[server];
  const why = [error, (error as Error).cause].filter(Boolean).map(sentence).join(': ');
  const text = isSet(variable)
    ? `The ${server} at ${variable} cannot be used: ${why}. Check that it is running and that ${variable} ` +
      `is right, or unset ${variable} to use the one of \`npm start\`.`
    : `The ${server} of \`npm start\` cannot be used: ${why}. Start it with \`npm start\`, or set ${variable}.`;
  return new Failure(text, { cause: error });
}
