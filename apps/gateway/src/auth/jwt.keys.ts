import { createHash, createPublicKey, createSecretKey, type KeyObject } from 'node:crypto';
import { unauthorized, unavailable } from '@herald/contracts';
import { Inject, Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { compactVerify, decodeProtectedHeader } from 'jose';
import { LRUCache } from 'lru-cache';
import type { JwtSettings } from './jwt.settings.js';
import { RemoteKeys } from './remote.keys.js';

/** Headers by which a token brings or names a key of its own, or asks to be read in another way: no token of ours has one. */
const REFUSED_HEADERS = ['jwk', 'jku', 'x5c', 'x5u', 'crit'];

const UNKNOWN = 'The keys of tokens could not be fetched; try again';

/** No issuer's token is longer; every one that was good is remembered for a moment. */
const MAX_TOKEN_LENGTH = 8192;
/** Keys that one token is tried with. */
const MAX_TRIED = 10;
/** Tokens that wait at once for the issuer to be asked. */
const MAX_WAITING = 128;
/** How long the issuer is not asked again for a key that it did not have. */
const ABSENT_FOR_MS = 2000;

/** The key that a token must be signed with: the configured one, or one of the issuer's. */
@Injectable()
export class JwtKeys implements OnApplicationShutdown {
  private readonly remote?: RemoteKeys;
  private readonly key?: KeyObject;
  /** Names of keys that the issuer did not have when it was asked for them, and tokens without one. */
  private readonly absent = new LRUCache<string, true>({ max: 1000, ttl: ABSENT_FOR_MS });
  private waiting = 0;

  constructor(@Inject('GATEWAY_ENV') private readonly settings: JwtSettings) {
    const { JWT_SECRET, JWT_PUBLIC_KEY, JWT_JWKS_URL, JWT_JWKS_REFRESH_MS, JWT_ALGORITHM } = settings;
    if (JWT_JWKS_URL) this.remote = new RemoteKeys(new URL(JWT_JWKS_URL), JWT_ALGORITHM, JWT_JWKS_REFRESH_MS);
    else this.key = JWT_PUBLIC_KEY ? createPublicKey(JWT_PUBLIC_KEY) : createSecretKey(Buffer.from(JWT_SECRET ?? ''));
  }

  /** @throws Refusal 401 when no key of ours can have signed it, 503 when that cannot be known yet */
  async keyOf(token: string): Promise<KeyObject> {
    if (token.length > MAX_TOKEN_LENGTH) throw unauthorized();
    const { alg, kid, ...header } = decodeProtectedHeader(token);
    if (alg !== this.settings.JWT_ALGORITHM) throw unauthorized();
    if (kid !== undefined && typeof kid !== 'string') throw unauthorized();
    if (REFUSED_HEADERS.some((name) => Object.hasOwn(header, name))) throw unauthorized();
    return this.key ?? (await this.issuersKey(this.remote!, kid, token));
  }

  onApplicationShutdown(): void {
    this.remote?.close();
  }

  private async issuersKey(remote: RemoteKeys, kid: string | undefined, token: string): Promise<KeyObject> {
    const named = remote.namedBy(kid);
    if (named.length === 1) return named[0] as KeyObject;
    const find = () => this.signerAmong(remote.fitting(kid), token);
    const key = (await find()) ?? (named.length === 0 && (await this.afterAsking(remote, kid ?? token, find)));
    if (key) return key;
    throw remote.isKnown ? unauthorized() : unavailable(UNKNOWN);
  }

  /** Each is tried where a token may be signed with any of several. */
  private async signerAmong(keys: KeyObject[], token: string): Promise<KeyObject | undefined> {
    for (const key of keys.slice(0, MAX_TRIED)) {
      const verified = await compactVerify(token, key, { algorithms: [this.settings.JWT_ALGORITHM] }).then(
        () => true,
        () => false,
      );
      if (verified) return key;
    }
    return undefined;
  }

  /**
   * Looks again once the issuer has said which keys there are now: others' tokens delay nobody whose key is new.
   * @throws Refusal 503 when too many wait for that already
   */
  private async afterAsking(remote: RemoteKeys, name: string, find: () => Promise<KeyObject | undefined>) {
    const id = createHash('sha256').update(name).digest('base64');
    if (this.absent.has(id)) return undefined;
    if (this.waiting >= MAX_WAITING) throw unavailable(UNKNOWN);
    this.waiting++;
    try {
      // What is under way may have been answered before the key was published.
      for (const answer of [() => remote.underWay, () => remote.refresh()]) {
        const known = await answer();
        const key = known && (await find());
        if (key) return key;
        if (known === false) break;
      }
      this.absent.set(id, true);
      return undefined;
    } finally {
      this.waiting--;
    }
  }
}
