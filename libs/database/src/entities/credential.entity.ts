import { Column, Entity, Index, JoinColumn, ManyToOne, PrimaryColumn } from 'typeorm';
import { Company } from './company.entity.js';

/**
 * An API key or access token. Only SHA-256 hashes of the secret are kept: the current one, and during a rotation the
 * one before it, until `previousExpiresAt`.
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

  /** As its token says: `hrld_<env>_…`. */
  @Column('text', { default: 'live' })
  environment: string;

  @Column('bytea', { name: 'secret_hash' })
  secretHash: Buffer;

  @Column('bytea', { name: 'previous_hash', nullable: true })
  previousHash: Buffer | null;

  @Column('timestamp with time zone', { name: 'previous_expires_at', precision: 3, nullable: true })
  previousExpiresAt: Date | null;

  @Column('text', { array: true })
  scopes: string[];

  /** Logins it may write as; null: any. */
  @Column('text', { name: 'author_logins', array: true, nullable: true })
  authorLogins: string[] | null;

  /** Requests a minute and an hour; null: the default, 0: no limit. */
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
}
