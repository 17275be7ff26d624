import { timingSafeEqual } from 'node:crypto';
import { Database, secretHash } from '@herald/database';
import { Injectable, type BeforeApplicationShutdown } from '@nestjs/common';
import { LRUCache } from 'lru-cache';
import type { CredentialCaller } from './caller.js';

interface Row {
  id: string;
  company_id: string;
  secret_hash: Buffer;
  previous_hash: Buffer | null;
  previous_expires_at: Date | null;
  scopes: string[];
  author_logins: string[] | null;
  limit_per_minute: number | null;
  limit_per_hour: number | null;
  expires_at: Date | null;
  revoked_at: Date | null;
}

/** `hrld_<env>_<id>_<secret>` (design, Credentials). */
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
    fetchMethod: async (id) => ({ row: (await this.database.query<Row>(SELECT, [id]))[0] }),
  });
  /** Ids whose secret was sent lately. */
  private readonly good = new LRUCache<string, true>({ max: MAX_KNOWN, ttl: GOOD_FOR_MS });
  private readonly lastUse = new Map<string, Date>();
  private readonly timer = setInterval(() => void this.noteLastUse(), LAST_USE_EVERY_MS);

  constructor(private readonly database: Database) {}

  /** Whether a token is one of ours, by its looks. */
  static isCredential(token: string): boolean {
    return token.startsWith('hrld_');
  }

  /** Whether a token's id was lately sent with its secret: looking it up again is no guess. */
  wasGood(token: string): boolean {
    return this.good.has(TOKEN.exec(token)?.[1] ?? '');
  }

  /** The caller, or undefined when the token is malformed, unknown, wrong, expired or revoked. */
  async find(token: string): Promise<CredentialCaller | undefined> {
    const [, id, secret] = TOKEN.exec(token) ?? [];
    if (!id || !secret) return undefined;
    const row = (this.rows.get(id) ?? (await this.rows.fetch(id)))?.row;
    const now = new Date();
    if (!row || !holds(row, secret, now) || row.revoked_at || (row.expires_at && row.expires_at <= now))
      return undefined;
    this.lastUse.set(id, now);
    this.good.set(id, true);
    return {
      kind: 'credential',
      credentialId: id,
      companyId: row.company_id,
      scopes: row.scopes,
      authorLogins: row.author_logins,
      limitPerMinute: row.limit_per_minute,
      limitPerHour: row.limit_per_hour,
    };
  }

  async beforeApplicationShutdown(): Promise<void> {
    clearInterval(this.timer);
    await this.noteLastUse();
  }

  private async noteLastUse(): Promise<void> {
    if (this.lastUse.size === 0) return;
    const ids = [...this.lastUse.keys()];
    const times = [...this.lastUse.values()];
    this.lastUse.clear();
    // A last use that could not be noted is noted with the next one.
    await this.database.query(UPDATE_LAST_USE, [ids, times]).catch(() => undefined);
  }
}

const SELECT = `select id, company_id, secret_hash, previous_hash, previous_expires_at, scopes, author_logins,
  limit_per_minute, limit_per_hour, expires_at, revoked_at from credentials where id = $1`;
const UPDATE_LAST_USE = `update credentials c set last_used_at = u.at
  from unnest($1::text[], $2::timestamptz[]) as u(id, at) where c.id = u.id`;

/** During a rotation the secret before the current one holds too, until its time is over. */
function holds(row: Row, secret: string, now: Date): boolean {
  const hash = secretHash(secret);
  if (timingSafeEqual(hash, row.secret_hash)) return true;
  const previous = row.previous_hash !== null && row.previous_expires_at !== null && row.previous_expires_at > now;
  return previous && timingSafeEqual(hash, row.previous_hash as Buffer);
}
