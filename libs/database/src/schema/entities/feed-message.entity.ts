import { Check, Column, Entity, Index, PrimaryColumn } from 'typeorm';

const RECEIVED = ['companyId', 'recipientLogin', 'createdAt', 'id'];

/** A delivered message in the feeds of its recipient and its author. */
@Entity('feed_messages')
@Index('feed_messages_recipient', RECEIVED)
@Index('feed_messages_author', ['companyId', 'authorLogin', 'createdAt', 'id'])
@Index('feed_messages_unseen', RECEIVED, { where: "status = 'unread' and seen_at is null" })
@Index('feed_messages_seen', RECEIVED, { where: "status = 'unread' and seen_at is not null" })
@Index('feed_messages_were_read', RECEIVED, { where: "status = 'read'" })
@Index('feed_messages_archived', RECEIVED, { where: "status = 'archived'" })
@Index('feed_messages_read', ['readAt'], { where: 'read_at is not null' })
@Index('feed_messages_changes', ['companyId', 'changedIn', 'id'])
// TypeORM's schema builder supports no storage parameters: only the migration creates it.
@Index('feed_messages_age', { synchronize: false })
@Index('feed_messages_latest', { synchronize: false })
@Check('feed_messages_status_check', `status in ('unread', 'read', 'archived')`)
export class FeedMessage {
  /** The correlationId. */
  @PrimaryColumn('uuid')
  id: string;

  @Column('uuid', { name: 'company_id' })
  companyId: string;

  @Column('text', { default: 'ai' })
  tab: string;

  @Column('text')
  title: string;

  @Column('text')
  body: string;

  @Column('text', { name: 'author_login' })
  authorLogin: string;

  @Column('text', { name: 'recipient_login' })
  recipientLogin: string;

  @Column('text', { nullable: true })
  question: string | null;

  @Column('jsonb')
  metadata: unknown;

  @Column('text', { default: 'unread' })
  status: string;

  @Column('timestamp with time zone', { name: 'read_at', precision: 3, nullable: true })
  readAt: Date | null;

  /** Null for a message that was read before this was recorded: `read_at` says when it was seen. A trigger sets it. */
  @Column('timestamp with time zone', { name: 'seen_at', precision: 3, nullable: true })
  seenAt: Date | null;

  /** Time of acceptance; for a direct job, of enqueueing. */
  @Column('timestamp with time zone', { name: 'created_at', precision: 3 })
  createdAt: Date;

  @Column('timestamp with time zone', { name: 'delivered_at', precision: 3, default: () => 'now()' })
  deliveredAt: Date;

  /** Null for a direct job, which no gateway accepted. */
  @Column('timestamp with time zone', { name: 'accepted_at', precision: 3, nullable: true })
  acceptedAt: Date | null;

  @Column('timestamp with time zone', { name: 'queued_at', precision: 3 })
  queuedAt: Date;

  @Column('timestamp with time zone', { name: 'started_at', precision: 3 })
  startedAt: Date;

  @Column('jsonb', { default: () => "'[]'" })
  history: unknown[];

  /** The transaction that last changed the row; a trigger keeps it. */
  @Column('bigint', { name: 'changed_in', default: () => 'this_transaction()' })
  changedIn: string;
}
