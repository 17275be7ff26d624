import { randomBytes, scrypt as scryptCallback, timingSafeEqual } from 'node:crypto';
import { promisify } from 'node:util';

const scrypt = promisify<string, Buffer, number, { N: number; r: number; p: number }, Buffer>(scryptCallback);

const COST = { N: 16_384, r: 8, p: 5 };
const KEY_BYTES = 32;
const BASE64URL = '[A-Za-z0-9_-]+';
/** Costs, salt and key, so that old hashes stay valid when costs rise. Without `$`, which shells and Compose expand. */
const HASHED = new RegExp(`^scrypt\\.(\\d{1,7})\\.(\\d{1,2})\\.(\\d{1,2})\\.(${BASE64URL})\\.(${BASE64URL})$`);

/** The longest password, in UTF-16 units: about a kilobyte. A longer one is neither normalized nor hashed. */
export const MAX_PASSWORD_LENGTH = 1024;

/** Returns a slow, salted hash of a password. */
export async function hashPassword(password: string, cost = COST): Promise<string> {
  if (password.length > MAX_PASSWORD_LENGTH) throw new RangeError('The password is too long');
  const salt = randomBytes(16);
  const key = await scrypt(password.normalize('NFC'), salt, KEY_BYTES, cost);
  return ['scrypt', cost.N, cost.r, cost.p, salt.toString('base64url'), key.toString('base64url')].join('.');
}

/** Returns true for results of `hashPassword`. */
export const isPasswordHash = (text: string): boolean => HASHED.test(text);

/** Takes as long for a wrong password as for the right one. A password that is too long is rejected immediately. */
export async function verifyPassword(password: string, hash: string): Promise<boolean> {
  if (password.length > MAX_PASSWORD_LENGTH) return false;
  const [, N, r, p, salt = '', key = ''] = HASHED.exec(hash) ?? [];
  const expected = Buffer.from(key, 'base64url');
  const cost = { N: Number(N), r: Number(r), p: Number(p) };
  const given = await scrypt(password.normalize('NFC'), Buffer.from(salt, 'base64url'), expected.length, cost);
  return timingSafeEqual(given, expected);
}
