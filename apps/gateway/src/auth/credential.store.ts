import { timingSafeEqual } from 'node:crypto';
import { type Credential, Database, secretHash } from '@herald/database';
import { Injectable, type BeforeApplicationShutdown } from '@nestjs/common';
import { LRUCache } from 'lru-cache';
import type { CredentialCaller } from './caller.js';

type Row = Pick<
  Credential,
  | 'id'
  | 'companyId'
  | 'secretHash'
  | 'previousHash'
  | 'previousExpiresAt'
  | 'scopes'
  | 'authorLogins'
  | 'limitPerMinute'
  | 'limitPerHour'
  | 'expiresAt'
  | 'revokedAt'
>;

/** `hrld_<env>_<id>_<secret>` (contracts README, "Credentials"). */
const TOKEN = /^hrld_[a-z]+_([0-9a-z]{8,32})_([0-9A-Za-z]{32,128})$/;
/** A revoked credential is refused everywhere within a second. */
export const KNOWN_FOR_MS = 900;
const LAST_USE_EVERY_MS = 10_000;
const GOOD_FOR_MS = 600_000;
const MAX_KNOWN = 50_000;

/** Finds whose token it is. Rows are known for less than a second; secrets are never kept, only hashed and compared. */
@Injectable()
export class CredentialStore implements BeforeApplicationShutdown {
  private readonly rows = new LRUCache<string, { row?: Row }>({
    max: MAX_KNOWN,
    ttl: KNOWN_FOR_MS,
    fetchMethod: async (id, _known, { options }) => {
      const askedAt = performance.now();
      const [row] = await this.database.query<Row>(SELECT, [id]);
      // It was true when it was asked: an answer that was long on its way is known for less.
      options.ttl = Math.max(1, KNOWN_FOR_MS - (performance.now() - askedAt));
      return { row };
    },
  });
  /** Secrets that were right lately, by id and as hashes. */
  private readonly good = new LRUCache<string, Buffer>({ max: MAX_KNOWN, ttl: GOOD_FOR_MS });
  private readonly lastUse = new Map<string, Date>();
  private readonly timer = setInterval(() => void this.noteLastUse(), LAST_USE_EVERY_MS);

  constructor(private readonly database: Database) {}

  /** Whether a token is one of ours, by its looks. */
  static isCredential(token: string): boolean {
    return token.startsWith('hrld_');
  }

  /** The hash of a token's secret, to know it again by. */
  static hashOf(token: string): Buffer {
    const [, , secret = ''] = TOKEN.exec(token) ?? [];
    return secretHash(secret);
  }

  /** Whether this secret was right lately: looking it up again is no guess. */
  wasGood(token: string): boolean {
    const [, id = '', secret = ''] = TOKEN.exec(token) ?? [];
    return this.good.get(id)?.equals(secretHash(secret)) ?? false;
  }

  /** The caller, as known without asking. */
  known(token: string): CredentialCaller | undefined {
    const [, id = '', secret = ''] = TOKEN.exec(token) ?? [];
    const row = this.rows.get(id)?.row;
    return row && this.callerOf(row, secretHash(secret));
  }

  /**
   * The caller, or undefined when the token is malformed, unknown, wrong, expired or revoked. Asks anew, whatever is known:
   * it may have been made or rotated a moment ago. A secret that is wrong takes as long as an id that nobody has.
   */
  async find(token: string): Promise<CredentialCaller | undefined> {
    const [, id, secret] = TOKEN.exec(token) ?? [];
    if (!id || !secret) return undefined;
    const hash = secretHash(secret);
    const row = (await this.rows.fetch(id, { forceRefresh: true }))?.row;
    const caller = this.callerOf(row, hash);
    if (caller) this.good.set(id, hash);
    else if (this.good.get(id)?.equals(hash)) this.good.delete(id);
    return caller;
  }

  private callerOf(row: Row | undefined, hash: Buffer): CredentialCaller | undefined {
    const now = new Date();
    if (!holds(row, hash, now)) return undefined;
    this.lastUse.set(row.id, now);
    return {
      kind: 'credential',
      credentialId: row.id,
      companyId: row.companyId,
      scopes: row.scopes,
      authorLogins: row.authorLogins,
      limitPerMinute: row.limitPerMinute,
      limitPerHour: row.limitPerHour,
    };
  }

  async beforeApplicationShutdown(): Promise<void> {
    clearInterval(this.timer);
    await this.noteLastUse();
  }

  private async noteLastUse(): Promise<void> {
    if (this.lastUse.size === 0) return;
    // In one order for every gateway, so that two of them do not wait for each other.
    const uses = [...this.lastUse].toSorted(([one], [other]) => (one < other ? -1 : 1));
    this.lastUse.clear();
    const columns = [uses.map(([id]) => id), uses.map(([, at]) => at)];
    await this.database.query(NOTE_USE, columns).catch(() => {
      // Noted with the next ones, unless it was used again.
      for (const [id, at] of uses) if (!this.lastUse.has(id)) this.lastUse.set(id, at);
    });
  }
}

/** SQL, because a gateway may read a credential by this function alone. */
const SELECT = `
  select id, company_id as "companyId", secret_hash as "secretHash", previous_hash as "previousHash",
         previous_expires_at as "previousExpiresAt", scopes, author_logins as "authorLogins",
         limit_per_minute as "limitPerMinute", limit_per_hour as "limitPerHour", expires_at as "expiresAt",
         revoked_at as "revokedAt"
    from find_credential($1)`;
const NOTE_USE = 'select note_use_of_credentials($1, $2)';

/** What is compared with where there is nothing to compare with. */
const NO_HASH = Buffer.alloc(secretHash('').length);

/** During a rotation the secret before the current one holds too, until its time is over. */
function holds(row: Row | undefined, hash: Buffer, now: Date): row is Row {
  const current = timingSafeEqual(hash, row?.secretHash ?? NO_HASH);
  const previous = timingSafeEqual(hash, row?.previousHash ?? NO_HASH);
  if (!row || row.revokedAt || (row.expiresAt && row.expiresAt <= now)) return false;
  return current || (previous && row.previousExpiresAt !== null && row.previousExpiresAt > now);
}
