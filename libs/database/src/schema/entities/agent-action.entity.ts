import { Check, Column, Entity, Index, JoinColumn, ManyToOne, PrimaryColumn } from 'typeorm';
import { Company } from './company.entity.js';

/** An action of an agent, as a notification to its team. */
@Entity('agent_actions')
@Index('agent_actions_newest', ['companyId', 'createdAt', 'id'])
@Index('agent_actions_state', ['companyId', 'status', 'priority', 'createdAt', 'id'])
@Index('agent_actions_kind', ['companyId', 'notificationType', 'status', 'priority', 'createdAt', 'id'])
@Index('agent_actions_agent', ['companyId', 'agentId', 'createdAt', 'id'], { where: 'agent_id is not null' })
@Index('agent_actions_query', ['companyId', 'queryId', 'createdAt', 'id'], { where: 'query_id is not null' })
@Index('agent_actions_sender', ['companyId', 'senderId', 'createdAt', 'id'], {
  where: 'sender_id is not null',
})
@Index('agent_actions_read', ['updatedAt'], { where: "status <> 'unread'" })
@Index('agent_actions_expiry', ['expiresAt'], { where: 'expires_at is not null' })
@Index('agent_actions_changes', ['companyId', 'changedIn', 'id'])
// TypeORM's schema builder supports no storage parameters: only the migration creates it.
@Index('agent_actions_age', { synchronize: false })
@Index('agent_actions_latest', { synchronize: false })
@Check('agent_actions_priority_check', `priority in ('low', 'medium', 'high', 'urgent')`)
@Check('agent_actions_status_check', `status in ('unread', 'read', 'archived')`)
export class AgentAction {
  /** The correlationId. */
  @PrimaryColumn('uuid')
  id: string;

  @Column('uuid', { name: 'company_id' })
  companyId: string;

  /** The writer's `sender_id`, by default the id of `sender`. */
  @Column('uuid', { name: 'sender_id', nullable: true })
  senderId: string | null;

  /** The directory entry shown as `sender`. */
  @Column('uuid', { name: 'sender_user_id', nullable: true })
  senderUserId: string | null;

  @Column('text', { name: 'notification_type' })
  notificationType: string;

  @Column('text')
  priority: string;

  /** Derived from the recipients' (contracts README, "Read states"). */
  @Column('text', { default: 'unread' })
  status: string;

  @Column('text')
  title: string;

  @Column('text')
  message: string;

  @Column('jsonb')
  metadata: unknown;

  /** Copied from the metadata, because lists are filtered by it. */
  @Column('text', { name: 'agent_id', nullable: true })
  agentId: string | null;

  @Column('text', { name: 'query_id', nullable: true })
  queryId: string | null;

  @Column('text', { name: 'action_url', nullable: true })
  actionUrl: string | null;

  @Column('timestamp with time zone', { name: 'expires_at', precision: 3, nullable: true })
  expiresAt: Date | null;

  /** Time of acceptance; for a direct job, of enqueueing. */
  @Column('timestamp with time zone', { name: 'created_at', precision: 3 })
  createdAt: Date;

  /** Time of the last change of a recipient's status. */
  @Column('timestamp with time zone', { name: 'updated_at', precision: 3 })
  updatedAt: Date;

  @Column('timestamp with time zone', { name: 'recorded_at', precision: 3, default: () => 'now()' })
  recordedAt: Date;

  /** Null for a direct job, which no gateway accepted. */
  @Column('timestamp with time zone', { name: 'accepted_at', precision: 3, nullable: true })
  acceptedAt: Date | null;

  @Column('timestamp with time zone', { name: 'queued_at', precision: 3 })
  queuedAt: Date;

  @Column('timestamp with time zone', { name: 'started_at', precision: 3 })
  startedAt: Date;

  @Column('jsonb', { default: () => "'[]'" })
  history: unknown[];

  @ManyToOne(() => Company, { onDelete: 'CASCADE' })
  @JoinColumn({ name: 'company_id', foreignKeyConstraintName: 'agent_actions_company_id_fkey' })
  company: Company;

  /** The transaction that last changed the row; a trigger keeps it. */
  @Column('bigint', { name: 'changed_in', default: () => 'this_transaction()' })
  changedIn: string;

  /** False for an action from before the uses were kept; a trigger lists the others in `agent_action_uncounted`. */
  @Column('boolean', { default: true })
  listed: boolean;
}
