import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { checkJwtSettings, JwtSettings } from './jwt.settings.js';

const pem = (key: KeyObject) =>
  key.export({ format: 'pem', type: key.type === 'private' ? 'pkcs8' : 'spki' }).toString();
const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
const weak = generateKeyPairSync('rsa', { modulusLength: 1024 });
const p256 = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const p384 = generateKeyPairSync('ec', { namedCurve: 'P-384' });

const Schema = JwtSettings.superRefine(checkJwtSettings);
const base = { JWT_ISSUER: 'i', JWT_USER_AUDIENCE: 'u', JWT_MERCHANT_AUDIENCE: 'm' };

/** Returns the variables that are reported as wrong. */
const wrong = (changes: Record<string, string>) =>
  (Schema.safeParse({ ...base, ...changes }).error?.issues ?? []).map(({ path }) => path.join('.'));

it.each<Record<string, string>>([
  { JWT_ALGORITHM: 'HS256', JWT_SECRET: 'x'.repeat(32) },
  { JWT_ALGORITHM: 'HS512', JWT_SECRET: 'é'.repeat(16) },
  { JWT_ALGORITHM: 'RS256', JWT_PUBLIC_KEY: pem(rsa.publicKey) },
  { JWT_ALGORITHM: 'PS512', JWT_PUBLIC_KEY: pem(rsa.publicKey) },
  { JWT_ALGORITHM: 'ES256', JWT_PUBLIC_KEY: pem(p256.publicKey) },
  { JWT_ALGORITHM: 'ES384', JWT_PUBLIC_KEY: pem(p384.publicKey) },
  { JWT_ALGORITHM: 'RS256', JWT_JWKS_URL: 'https://issuer.example/jwks.json' },
  { JWT_ALGORITHM: 'RS256', JWT_JWKS_URL: 'http://127.0.0.1:8080/jwks.json' },
])('accepts $JWT_ALGORITHM with the key that it needs', (settings) => {
  expect(wrong(settings)).toEqual([]);
});

it.each([
  ['no algorithm', {}, 'JWT_ALGORITHM'],
  ['none', { JWT_ALGORITHM: 'none' }, 'JWT_ALGORITHM'],
  ['two algorithms', { JWT_ALGORITHM: 'HS256,RS256' }, 'JWT_ALGORITHM'],
  ['no secret', { JWT_ALGORITHM: 'HS256' }, 'JWT_SECRET'],
  ['a secret of 31 bytes', { JWT_ALGORITHM: 'HS256', JWT_SECRET: 'x'.repeat(31) }, 'JWT_SECRET'],
  ['no key', { JWT_ALGORITHM: 'RS256' }, 'JWT_PUBLIC_KEY'],
  ['a secret for a key', { JWT_ALGORITHM: 'RS256', JWT_SECRET: 'x'.repeat(32) }, 'JWT_SECRET'],
  ['nonsense as a key', { JWT_ALGORITHM: 'RS256', JWT_PUBLIC_KEY: 'x'.repeat(32) }, 'JWT_PUBLIC_KEY'],
  ['a private key', { JWT_ALGORITHM: 'RS256', JWT_PUBLIC_KEY: pem(rsa.privateKey) }, 'JWT_PUBLIC_KEY'],
  ['a weak key', { JWT_ALGORITHM: 'RS256', JWT_PUBLIC_KEY: pem(weak.publicKey) }, 'JWT_PUBLIC_KEY'],
  ['a key of another kind', { JWT_ALGORITHM: 'RS256', JWT_PUBLIC_KEY: pem(p256.publicKey) }, 'JWT_PUBLIC_KEY'],
  ['a key of another curve', { JWT_ALGORITHM: 'ES256', JWT_PUBLIC_KEY: pem(p384.publicKey) }, 'JWT_PUBLIC_KEY'],
  ['keys over plain HTTP', { JWT_ALGORITHM: 'RS256', JWT_JWKS_URL: 'http://issuer.example/jwks.json' }, 'JWT_JWKS_URL'],
  ['keys from a file', { JWT_ALGORITHM: 'RS256', JWT_JWKS_URL: 'file:///etc/jwks.json' }, 'JWT_JWKS_URL'],
  [
    'a key beside a URL',
    { JWT_ALGORITHM: 'RS256', JWT_PUBLIC_KEY: pem(rsa.publicKey), JWT_JWKS_URL: 'https://issuer.example/jwks.json' },
    'JWT_PUBLIC_KEY',
  ],
  [
    'a public key for a secret',
    { JWT_ALGORITHM: 'HS256', JWT_SECRET: 'x'.repeat(32), JWT_PUBLIC_KEY: pem(rsa.publicKey) },
    'JWT_PUBLIC_KEY',
  ],
  [
    'one audience for people and merchants',
    { JWT_ALGORITHM: 'HS256', JWT_SECRET: 'x'.repeat(32), JWT_MERCHANT_AUDIENCE: 'u' },
    'JWT_MERCHANT_AUDIENCE',
  ],
])('refuses %s', (_, settings, variable) => {
  expect(wrong(settings)).toContain(variable);
});
