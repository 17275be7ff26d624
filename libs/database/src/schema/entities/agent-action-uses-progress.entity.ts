import { Check, Column, Entity, PrimaryColumn } from 'typeorm';

/** Its only row is locked by everyone who changes `agent_action_uses`. */
@Entity('agent_action_uses_progress')
@Check('agent_action_uses_progress_id_check', 'id = 1')
export class AgentActionUsesProgress {
  @PrimaryColumn('smallint', { default: 1 })
  id: number;

  /** Actions from before the uses were kept are counted in the order of their ids, up to this one. */
  @Column('uuid', { name: 'counted_to' })
  countedTo: string;
}
