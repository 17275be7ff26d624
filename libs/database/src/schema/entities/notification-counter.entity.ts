import { Column, Entity, PrimaryColumn } from 'typeorm';

/**
 * Number of a merchant's notifications of a status and type. Triggers on `notifications` keep it. The figure is the sum
 * over the shards; a shard may be below 0.
 */
@Entity('notification_counters')
export class NotificationCounter {
  @PrimaryColumn('bigint', { name: 'merchant_id' })
  merchantId: string;

  @PrimaryColumn('text')
  status: string;

  @PrimaryColumn('text', { name: 'notification_type' })
  notificationType: string;

  @PrimaryColumn('smallint')
  shard: number;

  @Column('bigint')
  count: string;
}
