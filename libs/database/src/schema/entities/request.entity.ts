import { Column, Entity, Index, PrimaryColumn } from 'typeorm';

/**
 * An idempotency record: written when a message with a key is accepted and with the effect of every command, so that a
 * retry gets the same verdict and a command that runs twice changes nothing the second time.
 */
@Entity('requests')
@Index('requests_created_at', ['createdAt'])
export class Request {
  /** The correlationId. */
  @PrimaryColumn('uuid')
  id: string;

  /** SHA-256 of the canonical JSON of the body. */
  @Column('bytea', { name: 'body_hash' })
  bodyHash: Buffer;

  /**
   * The correlationIds of its messages, where they do not follow from its own id alone: of a batch, and of a key that
   * was used before.
   */
  @Column('uuid', { name: 'correlation_ids', array: true, nullable: true })
  correlationIds: string[] | null;

  /** The command's verdict; null for a message that was accepted. */
  @Column('jsonb', { nullable: true })
  verdict: unknown;

  /** The service's role: row-level security shows a worker only its own rows. Null in rows older than this column. */
  @Column('text', { name: 'written_by', nullable: true, default: () => 'CURRENT_USER' })
  writtenBy: string | null;

  /** The tenant and the queue of a command, and when its last run was queued and started; null for what is none. */
  @Column('uuid', { name: 'company_id', nullable: true })
  companyId: string | null;

  @Column('text', { nullable: true })
  queue: string | null;

  @Column('timestamp with time zone', { name: 'queued_at', precision: 3, nullable: true })
  queuedAt: Date | null;

  @Column('timestamp with time zone', { name: 'started_at', precision: 3, nullable: true })
  startedAt: Date | null;

  @Column('timestamp with time zone', { name: 'created_at', precision: 3, default: () => 'now()' })
  createdAt: Date;
}
