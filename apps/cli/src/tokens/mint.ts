import { SCOPES_OF_PEOPLE } from '@herald/contracts';
import { Failure, readDemo, type Signer, signToken } from '@herald/operator';
import { z } from 'zod';
import { duration, line, readOptions, uuid } from '../options.js';
import { printCreated } from '../print-created.js';

export interface MintOptions {
  company?: string;
  login?: string;
  merchant?: string;
  scope?: string[];
  expiresIn: string;
  json?: boolean;
}

interface MintSettings extends Signer {
  userAudience: string;
  merchantAudience: string;
}

const LONGEST_DAYS = 365;

const Mint = z.object({
  company: uuid().optional(),
  login: line(100).optional(),
  merchant: z
    .string()
    .regex(/^[1-9]\d{0,14}$/, 'must be a whole number above 0')
    .transform(Number)
    .optional(),
  scope: z.array(z.enum(SCOPES_OF_PEOPLE, `must be of ${SCOPES_OF_PEOPLE.join(', ')}`)).optional(),
  expiresIn: duration(LONGEST_DAYS),
});

/** @throws Failure when the options name neither a person nor a merchant, or there is no key */
export async function mint(options: MintOptions): Promise<void> {
  const { company, login, merchant, scope, expiresIn } = readOptions(Mint, options);
  const person = company !== undefined && login !== undefined;
  if (person === (merchant !== undefined) || (!person && (company ?? login) !== undefined)) {
    throw new Failure('Say for whom: --company and --login for a person, --merchant for a merchant.');
  }
  if (scope && !person) throw new Failure('Only a person has scopes.');
  const settings = fromEnvironment() ?? fromDemo();
  const audience = person ? settings.userAudience : settings.merchantAudience;
  const claims = person ? { sub: login, company_id: company, scope: scope?.join(' ') } : { merchant_id: merchant };
  const token = signToken(settings, audience, claims, expiresIn / 1000);
  const owner = person ? `${login} of ${company}` : `merchant ${merchant}`;
  const expiresAt = new Date(Date.now() + expiresIn).toISOString();
  const json = options.json ? { token, expiresAt, audience, ...claims } : undefined;
  printCreated({ created: token, note: `A token for ${owner}, until ${expiresAt}:`, json });
}

const set = z.string({ error: 'must be set' }).min(1, 'must be set');
const ALGORITHMS = ['HS', 'RS', 'PS', 'ES'].flatMap((kind) => [256, 384, 512].map((bits) => `${kind}${bits}`));

const Environment = z
  .object({
    JWT_ISSUER: set,
    JWT_USER_AUDIENCE: set,
    JWT_MERCHANT_AUDIENCE: set,
    JWT_ALGORITHM: z.enum(ALGORITHMS, `must be one of ${ALGORITHMS.join(', ')}`),
    JWT_SECRET: z.string().optional(),
    JWT_PRIVATE_KEY: z.string().optional(),
    JWT_KEY_ID: z.string().optional(),
  })
  .transform(({ JWT_ALGORITHM, JWT_SECRET, JWT_PRIVATE_KEY, ...rest }, ctx): MintSettings => {
    const name = JWT_ALGORITHM.startsWith('HS') ? 'JWT_SECRET' : 'JWT_PRIVATE_KEY';
    const key = name === 'JWT_SECRET' ? JWT_SECRET : JWT_PRIVATE_KEY;
    if (!key) ctx.addIssue({ code: 'custom', path: [name], message: `must be set for ${JWT_ALGORITHM}` });
    return {
      issuer: rest.JWT_ISSUER,
      userAudience: rest.JWT_USER_AUDIENCE,
      merchantAudience: rest.JWT_MERCHANT_AUDIENCE,
      algorithm: JWT_ALGORITHM as Signer['algorithm'],
      key: key ?? '',
      keyId: rest.JWT_KEY_ID,
    };
  });

/** Returns the gateway's settings from the environment; undefined when they are not set. */
function fromEnvironment(): MintSettings | undefined {
  if (!process.env['JWT_ISSUER'] && !process.env['JWT_ALGORITHM']) return undefined;
  const parsed = Environment.safeParse(process.env);
  if (parsed.success) return parsed.data;
  const faults = parsed.error.issues.map(({ path, message }) => `  ${path.join('.')} ${message}`);
  throw new Failure(`Wrong environment variables:\n${faults.join('\n')}`);
}

const Demo = z.object({
  jwt: z.object({ issuer: set, userAudience: set, merchantAudience: set, algorithm: z.literal('HS256'), secret: set }),
});

/** Returns the settings with which `npm start` starts the gateway. */
function fromDemo(): MintSettings {
  const demo = readDemo(Demo);
  if (demo) return { ...demo.jwt, key: demo.jwt.secret };
  const names = [
    'JWT_ISSUER',
    'JWT_USER_AUDIENCE',
    'JWT_MERCHANT_AUDIENCE',
    'JWT_ALGORITHM',
    'JWT_SECRET or JWT_PRIVATE_KEY',
  ];
  throw new Failure(`There is no key to sign with. Start Herald with \`npm start\`, or set ${names.join(', ')}.`);
}
