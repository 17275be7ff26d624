import { createPublicKey, createSecretKey, type KeyObject } from 'node:crypto';
import { unauthorized } from '@herald/contracts';
import { Inject, Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { decodeProtectedHeader } from 'jose';
import type { JwtSettings } from './jwt.settings.js';
import { RemoteKeys } from './remote.keys.js';

/** Headers by which a token brings or names a key of its own, or asks to be read in another way: no token of ours has one. */
const REFUSED_HEADERS = ['jwk', 'jku', 'x5c', 'x5u', 'crit'];

/** The key that a token must be signed with: the configured one, or of the issuer's the one that its `kid` names. */
@Injectable()
export class JwtKeys implements OnApplicationShutdown {
  private readonly remote?: RemoteKeys;
  private readonly key?: KeyObject;

  constructor(@Inject('GATEWAY_ENV') private readonly settings: JwtSettings) {
    const { JWT_SECRET, JWT_PUBLIC_KEY, JWT_JWKS_URL, JWT_JWKS_REFRESH_MS } = settings;
    if (JWT_JWKS_URL) this.remote = new RemoteKeys(new URL(JWT_JWKS_URL), JWT_JWKS_REFRESH_MS);
    else this.key = JWT_PUBLIC_KEY ? createPublicKey(JWT_PUBLIC_KEY) : createSecretKey(Buffer.from(JWT_SECRET ?? ''));
  }

  /** @throws Refusal 401 when no key of ours can have signed it, 503 when none is known yet */
  async keyOf(token: string): Promise<KeyObject> {
    const header = decodeProtectedHeader(token);
    if (header.alg !== this.settings.JWT_ALGORITHM) throw unauthorized();
    if (REFUSED_HEADERS.some((name) => Object.hasOwn(header, name))) throw unauthorized();
    return this.key ?? (await this.remote!.keyOf(header));
  }

  onApplicationShutdown(): void {
    this.remote?.close();
  }
}
