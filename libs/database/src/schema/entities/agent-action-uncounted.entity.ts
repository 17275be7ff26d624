import { Column, Entity, PrimaryColumn } from 'typeorm';

/** Actions that were recorded and are not in `agent_action_uses` yet. A trigger lists them. */
@Entity('agent_action_uncounted')
export class AgentActionUncounted {
  @PrimaryColumn('uuid', { name: 'company_id' })
  companyId: string;

  @PrimaryColumn('uuid')
  id: string;

  /** Up to 1,000 actions of one statement. */
  @Column('uuid', { array: true })
  ids: string[];
}
