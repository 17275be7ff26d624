import { Column, Entity, PrimaryColumn } from 'typeorm';

/** Number of unread and unseen messages that a person received. The figure is the sum over the shards. */
@Entity('feed_counters')
export class FeedCounter {
  @PrimaryColumn('uuid', { name: 'company_id' })
  companyId: string;

  @PrimaryColumn('text')
  login: string;

  @PrimaryColumn('text')
  tab: string;

  @PrimaryColumn('smallint')
  shard: number;

  @Column('bigint', { default: 0 })
  unread: string;

  @Column('bigint', { default: 0 })
  unseen: string;
}
