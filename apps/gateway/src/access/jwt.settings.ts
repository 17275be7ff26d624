import { createPublicKey, type KeyObject } from 'node:crypto';
import { wholeNumber } from '@herald/bootstrap';
import { z } from 'zod';

const name = z.string({ error: 'must be set' }).min(1);

/** Settings that define which JWTs of people and merchants are valid. */
export const JwtSettings = z.object({
  JWT_ISSUER: name.describe('who issues the JWTs of people and merchants'),
  JWT_USER_AUDIENCE: name.describe("audience of a JWT that is a person's"),
  JWT_MERCHANT_AUDIENCE: name.describe("audience of a JWT that is a merchant's"),
  JWT_ALGORITHM: z
    .enum([
      ...(['HS256', 'HS384', 'HS512'] as const),
      ...(['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512'] as const),
    ])
    .describe('the one algorithm that a JWT is signed with: `HS256`, `RS256`, `PS256`, `ES256`, or with 384 or 512'),
  JWT_SECRET: z.string().optional().describe('for HS…, where it is required: 32 bytes or more'),
  JWT_PUBLIC_KEY: z
    .string()
    .optional()
    .describe('for the other algorithms, unless `JWT_JWKS_URL` is set: a public key in PEM'),
  JWT_JWKS_URL: z
    .string()
    .optional()
    .describe("for the other algorithms, unless `JWT_PUBLIC_KEY` is set: the https URL of the issuer's keys"),
  JWT_JWKS_REFRESH_MS: wholeNumber(300_000, 1000, 86_400_000).describe(
    'a key that the issuer withdraws is accepted no longer than this',
  ),
});
export type JwtSettings = z.output<typeof JwtSettings>;

const SECRET_BYTES = 32;
const RSA_BITS = 2048;
const CURVES: Record<string, string> = { ES256: 'prime256v1', ES384: 'secp384r1', ES512: 'secp521r1' };
const LOOPBACK = new Set(['localhost', '127.0.0.1', '[::1]']);

/** Reports settings that are valid individually but not together. */
export function checkJwtSettings(env: JwtSettings, ctx: Pick<z.core.$RefinementCtx, 'addIssue'>): void {
  const report = (path: keyof JwtSettings, message: string) => ctx.addIssue({ code: 'custom', path: [path], message });
  const { JWT_ALGORITHM: algorithm, JWT_SECRET: secret, JWT_PUBLIC_KEY: pem, JWT_JWKS_URL: url } = env;
  if (env.JWT_USER_AUDIENCE === env.JWT_MERCHANT_AUDIENCE) {
    report('JWT_MERCHANT_AUDIENCE', 'must differ from JWT_USER_AUDIENCE: it tells merchants from people');
  }
  if (algorithm.startsWith('HS')) {
    if (Buffer.byteLength(secret ?? '') < SECRET_BYTES)
      report('JWT_SECRET', `must have at least ${SECRET_BYTES} bytes for ${algorithm}`);
    if (pem) report('JWT_PUBLIC_KEY', `is not for ${algorithm}`);
    if (url) report('JWT_JWKS_URL', `is not for ${algorithm}`);
    return;
  }
  if (secret) report('JWT_SECRET', `is not for ${algorithm}`);
  if (!pem === !url) report('JWT_PUBLIC_KEY', `or JWT_JWKS_URL must be set for ${algorithm}, and not both`);
  if (pem && !isPublicKeyFor(pem, algorithm)) report('JWT_PUBLIC_KEY', `must be a public key for ${algorithm} in PEM`);
  if (url && !isSecure(url)) report('JWT_JWKS_URL', 'must be a URL that starts with https://');
}

function isPublicKeyFor(pem: string, algorithm: string): boolean {
  if (pem.includes('PRIVATE KEY')) return false;
  try {
    return suits(createPublicKey(pem), algorithm);
  } catch {
    return false;
  }
}

/** Returns whether a key suits the algorithm and is long enough. */
export function suits(key: KeyObject, algorithm: string): boolean {
  const curve = CURVES[algorithm];
  if (curve) return key.asymmetricKeyDetails?.namedCurve === curve;
  return isRsa(key, algorithm) && (key.asymmetricKeyDetails?.modulusLength ?? 0) >= RSA_BITS;
}

const isRsa = ({ asymmetricKeyType: type }: KeyObject, algorithm: string) =>
  type === 'rsa' || (type === 'rsa-pss' && algorithm.startsWith('PS'));

/** Keys must come over HTTPS or loopback: an attacker who can change them can sign tokens. */
function isSecure(url: string): boolean {
  if (!URL.canParse(url)) return false;
  const { protocol, hostname } = new URL(url);
  return protocol === 'https:' || (protocol === 'http:' && LOOPBACK.has(hostname));
}
