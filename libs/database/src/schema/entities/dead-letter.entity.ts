import { Column, Entity, Index, PrimaryGeneratedColumn } from 'typeorm';

/** A message that was given up. Its content is text, so that even garbage can be stored. */
@Entity('dead_letters')
@Index('dead_letters_job', ['queue', 'jobKey'], { unique: true, where: 'job_key is not null' })
@Index('dead_letters_correlation_id', ['correlationId'])
@Index('dead_letters_company', ['companyId', 'givenUpAt'])
@Index('dead_letters_given_up_at', ['givenUpAt'])
export class DeadLetter {
  @PrimaryGeneratedColumn('identity', { type: 'bigint', generatedIdentity: 'ALWAYS' })
  id: string;

  /** Identifies a direct job, so that giving it up twice creates only one dead letter. */
  @Column('text', { name: 'job_key', nullable: true })
  jobKey: string | null;

  @Column('uuid', { name: 'correlation_id', nullable: true })
  correlationId: string | null;

  @Column('text')
  queue: string;

  @Column('text')
  job: string;

  @Column('uuid', { name: 'company_id', nullable: true })
  companyId: string | null;

  @Column('text')
  content: string;

  @Column('text')
  error: string;

  @Column('timestamp with time zone', { name: 'accepted_at', precision: 3, nullable: true })
  acceptedAt: Date | null;

  @Column('timestamp with time zone', { name: 'queued_at', precision: 3, nullable: true })
  queuedAt: Date | null;

  @Column('timestamp with time zone', { name: 'given_up_at', precision: 3, default: () => 'now()' })
  givenUpAt: Date;

  @Column('jsonb', { default: () => "'[]'" })
  history: unknown[];
}
