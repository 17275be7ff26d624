import { Column, Entity, Index, PrimaryColumn } from 'typeorm';

/**
 * A message that was acknowledged and is still owed. The row is the token: whoever deletes it writes the effect, in
 * the same transaction.
 */
@Entity('outbox')
@Index('outbox_unpublished', ['queue', 'companyId', 'lane', 'acceptedAt', 'id'], { where: 'job_id is null' })
@Index('outbox_published', ['queue', 'queuedAt', 'jobId'], { where: 'job_id is not null' })
export class OutboxMessage {
  /** The correlationId. */
  @PrimaryColumn('uuid')
  id: string;

  @Column('text')
  queue: string;

  /** The job of the queue's contract that this message would be. */
  @Column('text')
  job: string;

  /** The tenant: a company, or what `merchantTenant` makes of a merchant. */
  @Column('uuid', { name: 'company_id' })
  companyId: string;

  @Column('jsonb')
  body: unknown;

  @Column('timestamp with time zone', { name: 'accepted_at', precision: 3 })
  acceptedAt: Date;

  /** The BullMQ job that carries its id; null while it waits for its turn. */
  @Column('uuid', { name: 'job_id', nullable: true })
  jobId: string | null;

  @Column('timestamp with time zone', { name: 'queued_at', precision: 3, nullable: true })
  queuedAt: Date | null;

  /** A job that held it was given up: it travels in a job of its own and runs while nothing else does. */
  @Column('boolean', { default: false })
  alone: boolean;

  /** 0 overtakes 1 within its company. */
  @Column('smallint', { default: 1 })
  lane: number;

  /** Steps of its timeline that are not times of its own: failed attempts, replays. */
  @Column('jsonb', { default: () => "'[]'" })
  history: unknown[];

  /** The trace that it was accepted in (W3C Trace Context); null unless it was traced. */
  @Column('text', { nullable: true })
  traceparent: string | null;
}
