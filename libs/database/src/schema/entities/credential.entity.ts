import { AfterLoad, Column, Entity, Index, JoinColumn, ManyToOne, PrimaryColumn, VirtualColumn } from 'typeorm';
import { Company } from './company.entity.js';

/** All scopes of credentials. */
export const SCOPES = ['delivery:send', 'messages:read', 'agent-actions:read', 'agent-actions:write'] as const;
export type Scope = (typeof SCOPES)[number];

/**
 * An API key or access token. Only SHA-256 hashes of the secret are kept: the current one, and during a rotation the
 * previous one until `previousExpiresAt`. Repositories read the hashes only when selected explicitly.
 */
@Entity('credentials')
@Index('credentials_company', ['companyId'])
export class Credential {
  @PrimaryColumn('text')
  id: string;

  @Column('uuid', { name: 'company_id' })
  companyId: string;

  @Column('text')
  name: string;

  /** The environment in its token: `hrld_<env>_…`. */
  @Column('text', { default: 'live' })
  environment: string;

  /** The time from which it is no longer valid, by the clock of Postgres. */
  @VirtualColumn({
    type: 'text',
    query: (row) => `
      case when ${row}.revoked_at is not null then 'revoked' when ${row}.expires_at <= now() then 'expired'
           when ${row}.previous_expires_at > now() then 'rotating' else 'live' end`,
  })
  state: 'live' | 'rotating' | 'expired' | 'revoked';

  @Column('bytea', { name: 'secret_hash', select: false })
  secretHash: Buffer;

  @Column('bytea', { name: 'previous_hash', nullable: true, select: false })
  previousHash: Buffer | null;

  /** End of the previous secret's validity; null without one. */
  @Column('timestamp with time zone', { name: 'previous_expires_at', precision: 3, nullable: true })
  previousExpiresAt: Date | null;

  @Column('text', { array: true })
  scopes: readonly Scope[];

  /** Logins that it may write as; null: any. */
  @Column('text', { name: 'author_logins', array: true, nullable: true })
  authorLogins: string[] | null;

  /** Requests per minute and per hour; null: the default, 0: no limit. */
  @Column('integer', { name: 'limit_per_minute', nullable: true })
  limitPerMinute: number | null;

  @Column('integer', { name: 'limit_per_hour', nullable: true })
  limitPerHour: number | null;

  @Column('timestamp with time zone', { name: 'expires_at', precision: 3, nullable: true })
  expiresAt: Date | null;

  @Column('timestamp with time zone', { name: 'revoked_at', precision: 3, nullable: true })
  revokedAt: Date | null;

  @Column('timestamp with time zone', { name: 'last_used_at', precision: 3, nullable: true })
  lastUsedAt: Date | null;

  @Column('timestamp with time zone', { name: 'created_at', precision: 3, default: () => 'now()' })
  createdAt: Date;

  @ManyToOne(() => Company, { onDelete: 'CASCADE' })
  @JoinColumn({ name: 'company_id', foreignKeyConstraintName: 'credentials_company_id_fkey' })
  company: Company;

  @AfterLoad()
  protected forgetWhatIsOver(): void {
    if (this.state !== 'rotating') this.previousExpiresAt = null;
  }
}
