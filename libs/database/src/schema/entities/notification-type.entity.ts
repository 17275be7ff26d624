import type { JsonObject, NotificationType as TypeOfRegistry } from '@herald/contracts';
import { Column, Entity, PrimaryColumn } from 'typeorm';

/**
 * A kind of question: the fields of the question and of the answer, and their schemas. Its columns have the names used
 * in the operator's file.
 */
@Entity('notification_types')
export class NotificationType implements TypeOfRegistry {
  @PrimaryColumn('text')
  name: string;

  @Column('text', { array: true })
  requested_fields: string[];

  @Column('text', { array: true })
  answered_fields: string[];

  @Column('jsonb')
  context_schema: JsonObject;

  @Column('jsonb')
  answer_schema: JsonObject;

  @Column('boolean', { default: false })
  allow_multiple_answers: boolean;

  @Column('integer', { nullable: true })
  answer_within?: number | null;

  @Column('integer', { nullable: true })
  remind_before?: number | null;

  @Column('timestamp with time zone', { name: 'created_at', precision: 3, default: () => 'now()', select: false })
  createdAt: Date;
}
