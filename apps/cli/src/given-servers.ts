import { demoFile, Failure, readDemo } from '@herald/operator';
import { z } from 'zod';

/** The servers that a command works on. */
interface GivenServers {
  databaseUrl: string;
  redisUrl?: string;
}

const OfStart = z.object({ databaseUrl: z.string(), redisUrl: z.string() });

let found: GivenServers | undefined;

/**
 * Returns the servers that DATABASE_URL and REDIS_URL name. When neither is set, they are those of `npm start`, and
 * standard error says so.
 * @throws Failure when there are none
 */
export const givenServers = (): GivenServers => (found ??= find());

function find(): GivenServers {
  // An empty variable counts as unset.
  const databaseUrl = process.env['DATABASE_URL'] || undefined;
  const redisUrl = process.env['REDIS_URL'] || undefined;
  if (databaseUrl) {
    if (!isPostgresUrl(databaseUrl)) {
      throw new Failure('DATABASE_URL must be a URL that starts with postgres:// or postgresql://');
    }
    return { databaseUrl, redisUrl };
  }
  const ofStart = redisUrl ? undefined : readDemo(OfStart);
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
