import { timingSafeEqual } from 'node:crypto';
import {
  type CheckedCredential,
  Database,
  lookUpCredential,
  lookUpCredentials,
  noteUses,
  secretHash,
} from '@herald/database';
import { Injectable, type BeforeApplicationShutdown } from '@nestjs/common';
import { LRUCache } from 'lru-cache';
import type { CredentialCaller } from './caller.js';

/** `hrld_<env>_<id>_<secret>` (contracts README, "Credentials"). */
const TOKEN = /^hrld_[a-z]+_([0-9a-z]{8,32})_([0-9A-Za-z]{32,128})$/;
/** Cached rows expire after this, so that every gateway refuses a revoked credential within a second. */
export const KNOWN_FOR_MS = 900;
const SAVE_LAST_USE_EVERY_MS = 10_000;
const VALID_FOR_MS = 600_000;
const MAX_KNOWN = 50_000;

/**
 * Finds the caller of a token. Rows are cached for less than a second. Secrets are never stored, only hashed and
 * compared.
 */
@Injectable()
export class CredentialStore implements BeforeApplicationShutdown {
  private readonly rows = new LRUCache<string, { row?: CheckedCredential }>({
    max: MAX_KNOWN,
    ttl: KNOWN_FOR_MS,
    fetchMethod: async (id, _known, { options }) => {
      const startedAt = performance.now();
      const row = await lookUpCredential(this.database, id);
      // The row was current when the query started: a slow query shortens the time in the cache.
      options.ttl = Math.max(1, KNOWN_FOR_MS - (performance.now() - startedAt));
      return { row };
    },
  });
  /** Hashes of recently valid secrets, by credential id. */
  private readonly validSecrets = new LRUCache<string, Buffer>({ max: MAX_KNOWN, ttl: VALID_FOR_MS });
  private readonly lastUse = new Map<string, Date>();
  private readonly timer = setInterval(() => void this.saveLastUse(), SAVE_LAST_USE_EVERY_MS);

  constructor(private readonly database: Database) {}

  /** Returns whether a token has the form of Herald's own credentials. */
  static isCredential(token: string): boolean {
    return token.startsWith('hrld_');
  }

  /** Returns the hash of a token's secret. */
  static hashOf(token: string): Buffer {
    const [, , secret = ''] = TOKEN.exec(token) ?? [];
    return secretHash(secret);
  }

  /** Returns whether this secret was valid recently: looking it up again is not a guess. */
  wasValid(token: string): boolean {
    const [, id = '', secret = ''] = TOKEN.exec(token) ?? [];
    return this.validSecrets.get(id)?.equals(secretHash(secret)) ?? false;
  }

  /** Returns the caller from the cache, without a query. */
  known(token: string): CredentialCaller | undefined {
    const [, id = '', secret = ''] = TOKEN.exec(token) ?? [];
    const row = this.rows.get(id)?.row;
    return row && this.callerOf(row, secretHash(secret));
  }

  /**
   * Returns the caller, or undefined when the token is malformed, unknown, wrong, expired or revoked. Ignores the
   * cache: the credential may have been created or rotated a moment ago. A wrong secret takes as long as an unknown id.
   */
  async find(token: string): Promise<CredentialCaller | undefined> {
    const [, id, secret] = TOKEN.exec(token) ?? [];
    if (!id || !secret) return undefined;
    const hash = secretHash(secret);
    const row = (await this.rows.fetch(id, { forceRefresh: true }))?.row;
    const caller = this.callerOf(row, hash);
    if (caller) this.validSecrets.set(id, hash);
    else if (this.validSecrets.get(id)?.equals(hash)) this.validSecrets.delete(id);
    return caller;
  }

  /** Returns which of these credentials are no longer valid with their secrets' hashes, from one query. */
  async findInvalid(hashes: Map<string, Buffer>): Promise<Set<string>> {
    const rows = await lookUpCredentials(this.database, [...hashes.keys()]);
    const now = new Date();
    const valid = rows.filter((row) => isValid(row, hashes.get(row.id) as Buffer, now)).map(({ id }) => id);
    return new Set([...hashes.keys()].filter((id) => !valid.includes(id)));
  }

  private callerOf(row: CheckedCredential | undefined, hash: Buffer): CredentialCaller | undefined {
    const now = new Date();
    if (!isValid(row, hash, now)) return undefined;
    this.lastUse.set(row.id, now);
    return {
      kind: 'credential',
      credentialId: row.id,
      companyId: row.companyId,
      scopes: row.scopes,
      authorLogins: row.authorLogins,
      limitPerMinute: row.limitPerMinute,
      limitPerHour: row.limitPerHour,
      hash,
    };
  }

  async beforeApplicationShutdown(): Promise<void> {
    clearInterval(this.timer);
    await this.saveLastUse();
  }

  private async saveLastUse(): Promise<void> {
    if (this.lastUse.size === 0) return;
    const uses = [...this.lastUse];
    this.lastUse.clear();
    await noteUses(this.database, uses).catch(() => {
      // Written with the next batch, unless the credential is used again before.
      for (const [id, at] of uses) if (!this.lastUse.has(id)) this.lastUse.set(id, at);
    });
  }
}

/** Compared with the given hash when there is no stored one, so that both cases take equally long. */
const NO_HASH = Buffer.alloc(secretHash('').length);

/** Returns whether the hash is valid. During a rotation the previous secret stays valid until it expires. */
function isValid(row: CheckedCredential | undefined, hash: Buffer, now: Date): row is CheckedCredential {
  const current = timingSafeEqual(hash, row?.secretHash ?? NO_HASH);
  const previous = timingSafeEqual(hash, row?.previousHash ?? NO_HASH);
  if (!row || row.revokedAt || (row.expiresAt && row.expiresAt <= now)) return false;
  return current || (previous && row.previousExpiresAt !== null && row.previousExpiresAt > now);
}
