import { Column, Entity, Index, PrimaryColumn } from 'typeorm';

/** A merchant's conversation with a customer, as last reported by the system that owns it. */
@Entity('conversations')
@Index('conversations_merchant', ['id', 'merchantId'], { unique: true })
export class Conversation {
  @PrimaryColumn('bigint')
  id: string;

  @Column('bigint', { name: 'merchant_id' })
  merchantId: string;

  @Column('text', { name: 'lead_phone', nullable: true })
  leadPhone: string | null;

  @Column('text', { name: 'lead_name', nullable: true })
  leadName: string | null;

  /** The owning system's time, to the microsecond; the latest wins. */
  @Column('timestamp with time zone', { name: 'updated_at' })
  updatedAt: Date;
}
