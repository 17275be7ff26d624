import { Column, Entity, PrimaryColumn } from 'typeorm';

/** A tenant. All data that clients store or read belongs to one. */
@Entity('companies')
export class Company {
  @PrimaryColumn('uuid')
  id: string;

  @Column('text')
  name: string;

  @Column('timestamp with time zone', { name: 'created_at', precision: 3, default: () => 'now()' })
  createdAt: Date;
}
