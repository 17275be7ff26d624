import { Column, Entity, Index, PrimaryColumn } from 'typeorm';

/** A question that its merchant deleted, as streams tell of it. Nothing of its content is kept. */
@Entity('deleted_notifications')
@Index('deleted_notifications_changes', ['merchantId', 'changedIn', 'id'])
@Index('deleted_notifications_ended', ['endedAt'])
// TypeORM's schema builder has no BRIN indexes: only the migration creates it.
@Index('deleted_notifications_latest', { synchronize: false })
export class DeletedNotification {
  @PrimaryColumn('bigint')
  id: string;

  @Column('bigint', { name: 'merchant_id' })
  merchantId: string;

  @Column('timestamp with time zone', { name: 'ended_at', precision: 3, default: () => 'now()' })
  endedAt: Date;

  @Column('bigint', { name: 'changed_in', default: () => 'this_transaction()' })
  changedIn: string;
}
