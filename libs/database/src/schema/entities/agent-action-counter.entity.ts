import { Check, Column, Entity, PrimaryColumn } from 'typeorm';

const Cell = (name: string) => Column('bigint', { name, default: 0 });

/**
 * Number of actions of a type, by status and priority: for the company, an agent, a sender, or (by the user's own
 * status) a user; in total, per day or per hour (UTC). The figure is the sum over the shards.
 */
@Entity('agent_action_counters')
@Check('agent_action_counters_scope_check', `scope in ('company', 'agent', 'sender', 'user')`)
@Check('agent_action_counters_grain_check', `grain in ('all', 'day', 'hour')`)
export class AgentActionCounter {
  @PrimaryColumn('uuid', { name: 'company_id' })
  companyId: string;

  @PrimaryColumn('text')
  scope: 'company' | 'agent' | 'sender' | 'user';

  /** Empty for the company. */
  @PrimaryColumn('text', { name: 'scope_id' })
  scopeId: string;

  @PrimaryColumn('text')
  grain: 'all' | 'day' | 'hour';

  /** -infinity for `all`. */
  @PrimaryColumn('timestamp with time zone', { name: 'starts_at', precision: 0 })
  startsAt: Date;

  @PrimaryColumn('text', { name: 'notification_type' })
  notificationType: string;

  @PrimaryColumn('smallint')
  shard: number;

  @Cell('unread_low') unreadLow: string;
  @Cell('unread_medium') unreadMedium: string;
  @Cell('unread_high') unreadHigh: string;
  @Cell('unread_urgent') unreadUrgent: string;
  @Cell('read_low') readLow: string;
  @Cell('read_medium') readMedium: string;
  @Cell('read_high') readHigh: string;
  @Cell('read_urgent') readUrgent: string;
  @Cell('archived_low') archivedLow: string;
  @Cell('archived_medium') archivedMedium: string;
  @Cell('archived_high') archivedHigh: string;
  @Cell('archived_urgent') archivedUrgent: string;
}
