import { Check, Column, Entity, Index, JoinColumn, ManyToOne, PrimaryColumn } from 'typeorm';
import { AgentAction } from './agent-action.entity.js';

const COPIED = ['notificationType', 'priority'];

/**
 * A recipient of an action. Type, priority and time are copies of the action's, so that a user's list needs no join.
 */
@Entity('agent_action_recipients')
@Index('agent_action_recipients_user', ['companyId', 'userId', 'createdAt', 'notificationId', ...COPIED, 'status'])
@Index('agent_action_recipients_status', ['companyId', 'userId', 'status', 'createdAt', 'notificationId', ...COPIED])
@Check('agent_action_recipients_status_check', `status in ('unread', 'read', 'archived')`)
export class AgentActionRecipient {
  @PrimaryColumn('uuid', { name: 'notification_id' })
  notificationId: string;

  @PrimaryColumn('uuid', { name: 'user_id' })
  userId: string;

  @Column('uuid')
  id: string;

  @Column('uuid', { name: 'company_id' })
  companyId: string;

  /** Position in the writer's list. */
  @Column('smallint')
  position: number;

  @Column('timestamp with time zone', { name: 'created_at', precision: 3 })
  createdAt: Date;

  @Column('text', { name: 'notification_type' })
  notificationType: string;

  @Column('text')
  priority: string;

  @Column('text', { default: 'unread' })
  status: string;

  /** Set at the first read, kept when archived, cleared when unread. */
  @Column('timestamp with time zone', { name: 'read_at', precision: 3, nullable: true })
  readAt: Date | null;

  @ManyToOne(() => AgentAction, { onDelete: 'CASCADE' })
  @JoinColumn({
    name: 'notification_id',
    foreignKeyConstraintName: 'agent_action_recipients_notification_id_fkey',
  })
  action: AgentAction;
}
