import { Check, Column, Entity, Index, JoinColumn, ManyToOne, PrimaryGeneratedColumn } from 'typeorm';
import { Conversation } from './conversation.entity.js';
import { NotificationType } from './notification-type.entity.js';

/** A question to a merchant and its answer, with the rules at the time of its creation. */
@Entity('notifications')
@Index('notifications_changes', ['merchantId', 'changedIn', 'id'])
// TypeORM's schema builder has no BRIN indexes: only the migration creates it.
@Index('notifications_latest', { synchronize: false })
@Check('notifications_status_check', `status in ('requested', 'answered', 'expired')`)
@Check('notifications_answer_check', `(status = 'answered') = (answer is not null and answer_id is not null)`)
@Index('notifications_merchant', ['merchantId', 'id'])
@Index('notifications_requested', ['merchantId', 'id'], { where: "status = 'requested'" })
@Index('notifications_ended', ['updatedAt'], { where: "status <> 'requested'" })
@Index('notifications_due', ['expiresAt'], { where: "status = 'requested' and expires_at is not null" })
@Index('notifications_reminders', ['remindAt'], { where: "status = 'requested' and remind_at is not null" })
@Index('notifications_conversation', ['conversationId', 'merchantId'])
@Index('notifications_type', ['notificationType'])
export class Notification {
  @PrimaryGeneratedColumn('identity', { type: 'bigint', generatedIdentity: 'BY DEFAULT' })
  id: string;

  /** The correlationId of the request that created it. */
  @Index('notifications_correlation_id', { unique: true })
  @Column('uuid', { name: 'correlation_id' })
  correlationId: string;

  /** The conversation's merchant. The foreign key covers both columns, so that they cannot disagree. */
  @Column('bigint', { name: 'merchant_id' })
  merchantId: string;

  @Column('bigint', { name: 'conversation_id' })
  conversationId: string;

  @ManyToOne(() => Conversation, { onDelete: 'CASCADE' })
  @JoinColumn([
    {
      name: 'conversation_id',
      referencedColumnName: 'id',
      foreignKeyConstraintName: 'notifications_conversation_fkey',
    },
    {
      name: 'merchant_id',
      referencedColumnName: 'merchantId',
      foreignKeyConstraintName: 'notifications_conversation_fkey',
    },
  ])
  conversation: Conversation;

  @Column('text', { name: 'notification_type' })
  notificationType: string;

  @ManyToOne(() => NotificationType)
  @JoinColumn({ name: 'notification_type', foreignKeyConstraintName: 'notifications_type_fkey' })
  type: NotificationType;

  @Column('text', { default: 'requested' })
  status: string;

  @Column('jsonb')
  context: unknown;

  @Column('text', { name: 'requested_fields', array: true })
  requestedFields: string[];

  @Column('text', { name: 'answered_fields', array: true })
  answeredFields: string[];

  @Column('jsonb', { name: 'answer_schema' })
  answerSchema: unknown;

  @Column('boolean', { name: 'allow_multiple_answers' })
  allowMultipleAnswers: boolean;

  /** The latest answer, and its correlationId. */
  @Column('jsonb', { nullable: true })
  answer: unknown;

  @Column('uuid', { name: 'answer_id', nullable: true })
  answerId: string | null;

  @Column('timestamp with time zone', { name: 'created_at', precision: 3, default: () => 'now()' })
  createdAt: Date;

  @Column('timestamp with time zone', { name: 'updated_at', precision: 3, default: () => 'now()' })
  updatedAt: Date;

  /** When it ends unanswered; null if it waits for ever. */
  @Column('timestamp with time zone', { name: 'expires_at', precision: 3, nullable: true })
  expiresAt: Date | null;

  /** When the asking system is reminded; null once it was. */
  @Column('timestamp with time zone', { name: 'remind_at', precision: 3, nullable: true })
  remindAt: Date | null;

  /** When it was first answered, or expired; a trigger keeps it. Null if that was before there was this column. */
  @Column('timestamp with time zone', { name: 'ended_at', precision: 3, nullable: true })
  endedAt: Date | null;

  /** The transaction that last changed the row; a trigger keeps it. */
  @Column('bigint', { name: 'changed_in', default: () => 'this_transaction()' })
  changedIn: string;
}
