import { Column, Entity, Index, PrimaryColumn } from 'typeorm';

/**
 * A message that was acknowledged and is still owed. The worker that deletes the row writes the effect in the same
 * transaction.
 */
@Entity('outbox')
@Index('outbox_unpublished', ['queue', 'companyId', 'lane', 'acceptedAt', 'id'], { where: 'job_id is null' })
@Index('outbox_published', ['queue', 'queuedAt', 'jobId'], { where: 'job_id is not null' })
@Index('outbox_events', ['queue', 'acceptedAt', 'id'], {
  where: "job_id is null and queue in ('merchant-answers.events', 'merchant-answers.answered')",
})
export class OutboxMessage {
  /** The correlationId. */
  @PrimaryColumn('uuid')
  id: string;

  @Column('text')
  queue: string;

  /** Name of the job in the queue's contract. */
  @Column('text')
  job: string;

  /** The tenant: a company, or a merchant's id from `merchantTenant`. */
  @Column('uuid', { name: 'company_id' })
  companyId: string;

  @Column('jsonb')
  body: unknown;

  @Column('timestamp with time zone', { name: 'accepted_at', precision: 3 })
  acceptedAt: Date;

  /** The BullMQ job that contains its id; null while the message is not published. */
  @Column('uuid', { name: 'job_id', nullable: true })
  jobId: string | null;

  @Column('timestamp with time zone', { name: 'queued_at', precision: 3, nullable: true })
  queuedAt: Date | null;

  /** True after a job with it was given up: it then gets its own job, which runs exclusively. */
  @Column('boolean', { default: false })
  alone: boolean;

  /** 0 precedes 1 within its company. */
  @Column('smallint', { default: 1 })
  lane: number;

  /** Steps of its timeline that have no column: failed attempts, replays. */
  @Column('jsonb', { default: () => "'[]'" })
  history: unknown[];

  /** The trace in which it was accepted (W3C Trace Context); null when not traced. */
  @Column('text', { nullable: true })
  traceparent: string | null;
}
