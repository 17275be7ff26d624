import { Check, Column, Entity, Index, JoinColumn, ManyToOne, PrimaryColumn } from 'typeorm';
import { AgentAction } from './agent-action.entity.js';

const COPIED = ['notificationType', 'priority'];

/** An action as one of its recipients has it. Type, priority and time are the action's: a user's list needs no join. */
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

  /** Its place in the list as the writer gave it. */
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

  /** Set by the first read, kept by archiving, cleared by unread. */
  @Column('timestamp with time zone', { name: 'read_at', precision: 3, nullable: true })
  readAt: Date | null;

  @ManyToOne(() => AgentAction, { onDelete: 'CASCADE' })
  @JoinColumn({
    name: 'notification_id',
    foreignKeyConstraintName: 'agent_action_recipients_notification_id_fkey',
  })
  action: AgentAction;
}
