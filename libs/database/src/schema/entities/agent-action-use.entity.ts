import { Check, Column, Entity, PrimaryColumn } from 'typeorm';

const Count = () => Column('bigint', { default: 0 });

/**
 * Number of actions of an agent with a tool and of a type, by priority: in total, per day or per hour (UTC). Actions that
 * `agent_action_uncounted` lists are not in it yet.
 */
@Entity('agent_action_uses')
@Check('agent_action_uses_grain_check', `grain in ('all', 'day', 'hour')`)
export class AgentActionUse {
  @PrimaryColumn('uuid', { name: 'company_id' })
  companyId: string;

  @PrimaryColumn('text')
  grain: 'all' | 'day' | 'hour';

  /** -infinity for `all`. */
  @PrimaryColumn('timestamp with time zone', { name: 'starts_at', precision: 0 })
  startsAt: Date;

  /** Empty for an action without an agent. */
  @PrimaryColumn('text', { name: 'agent_id' })
  agentId: string;

  /** The first 200 characters of `metadata.tool_used`; empty for an action without a tool. */
  @PrimaryColumn('text')
  tool: string;

  @PrimaryColumn('text', { name: 'notification_type' })
  notificationType: string;

  @Count() low: string;
  @Count() medium: string;
  @Count() high: string;
  @Count() urgent: string;

  /** Number of execution times by bucket (`execution-times.ts`). */
  @Column('jsonb', { default: () => "'{}'" })
  times: Record<string, number>;

  /** The latest `created_at` of these actions. */
  @Column('timestamp with time zone', { name: 'last_at', precision: 3 })
  lastAt: Date;
}
