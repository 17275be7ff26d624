import { createHash, createPublicKey, createSecretKey, type KeyObject } from 'node:crypto';
import { unauthorized, unavailable } from '@herald/contracts';
import { Inject, Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { compactVerify, decodeProtectedHeader } from 'jose';
import { LRUCache } from 'lru-cache';
import type { JwtSettings } from './jwt.settings.js';
import { RemoteKeys } from './remote.keys.js';

/**
 * Headers with which a token brings or names its own key, or changes how it is read. Valid tokens have none of them.
 */
const REFUSED_HEADERS = ['jwk', 'jku', 'x5c', 'x5u', 'crit'];

const UNKNOWN = 'The keys of tokens could not be fetched; try again';

/** Longer tokens are refused: each verified token is kept in memory for a moment. */
const MAX_TOKEN_LENGTH = 8192;
/** Keys that are tried for one token. */
const MAX_TRIED = 10;
/** Tokens that may wait for the issuer at the same time. */
const MAX_WAITING = 128;
/** For this long the issuer is not asked again for a key that it did not have. */
const ABSENT_FOR_MS = 2000;

/** Finds the key that a token must be signed with: the configured one, or one of the issuer's. */
@Injectable()
export class JwtKeys implements OnApplicationShutdown {
  private readonly remote?: RemoteKeys;
  private readonly key?: KeyObject;
  /** Names of keys that the issuer did not have when it was asked, and hashes of tokens without a key name. */
  private readonly absent = new LRUCache<string, true>({ max: 1000, ttl: ABSENT_FOR_MS });
  private waiting = 0;

  constructor(@Inject('GATEWAY_ENV') private readonly settings: JwtSettings) {
    const { JWT_SECRET, JWT_PUBLIC_KEY, JWT_JWKS_URL, JWT_JWKS_REFRESH_MS, JWT_ALGORITHM } = settings;
    if (JWT_JWKS_URL) this.remote = new RemoteKeys(new URL(JWT_JWKS_URL), JWT_ALGORITHM, JWT_JWKS_REFRESH_MS);
    else this.key = JWT_PUBLIC_KEY ? createPublicKey(JWT_PUBLIC_KEY) : createSecretKey(Buffer.from(JWT_SECRET ?? ''));
  }

  /** @throws Refusal 401 when none of the accepted keys can have signed it, 503 when that cannot be determined yet */
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
    const find = () => this.signerAmong(remote.candidates(kid), token);
    const key = (await find()) ?? (named.length === 0 && (await this.findAfterFetch(remote, kid ?? token, find)));
    if (key) return key;
    throw remote.isKnown ? unauthorized() : unavailable(UNKNOWN);
  }

  /** Returns the key that verifies the token, where several are possible. */
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
   * Searches again after the keys were fetched from the issuer.
   * @throws Refusal 503 when too many tokens are waiting for that already
   */
  private async findAfterFetch(remote: RemoteKeys, name: string, find: () => Promise<KeyObject | undefined>) {
    const id = createHash('sha256').update(name).digest('base64');
    if (this.absent.has(id)) return undefined;
    if (this.waiting >= MAX_WAITING) throw unavailable(UNKNOWN);
    this.waiting++;
    try {
      // The fetch in progress may have been answered before the key was published.
      for (const fetchKeys of [() => remote.currentFetch, () => remote.refresh()]) {
        const isFetched = await fetchKeys();
        const key = isFetched && (await find());
        if (key) return key;
        if (isFetched === false) break;
      }
      this.absent.set(id, true);
      return undefined;
    } finally {
      this.waiting--;
    }
  }
}
