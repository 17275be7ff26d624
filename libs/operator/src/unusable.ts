import { Failure, sentence } from './failure.js';

const VARIABLES = { Postgres: 'DATABASE_URL', Redis: 'REDIS_URL' } as const;

/** Returns a failure that names the server, the reason, and what to do. */
export function unusable(server: keyof typeof VARIABLES, error: unknown): Failure {
  const variable = VARIABLES[server];
  const why = [error, (error as Error).cause].filter(Boolean).map(sentence).join(': ');
  const text = process.env[variable]
    ? `The ${server} at ${variable} cannot be used: ${why}. Check that it is running and that ${variable} ` +
      `is right, or unset ${variable} to use the one of \`npm start\`.`
    : `The ${server} of \`npm start\` cannot be used: ${why}. Start it with \`npm start\`, or set ${variable}.`;
  return new Failure(text, { cause: error });
}
