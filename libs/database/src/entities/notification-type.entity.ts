import { Column, Entity, PrimaryColumn } from 'typeorm';

/** A kind of question: what must be asked, what must be answered, and by which schemas. */
@Entity('notification_types')
export class NotificationType {
  @PrimaryColumn('text')
  name: string;

  @Column('text', { name: 'requested_fields', array: true })
  requestedFields: string[];

  @Column('text', { name: 'answered_fields', array: true })
  answeredFields: string[];

  @Column('jsonb', { name: 'context_schema' })
  contextSchema: unknown;

  @Column('jsonb', { name: 'answer_schema' })
  answerSchema: unknown;

  @Column('boolean', { name: 'allow_multiple_answers', default: false })
  allowMultipleAnswers: boolean;

  @Column('timestamp with time zone', { name: 'created_at', precision: 3, default: () => 'now()' })
  createdAt: Date;
}
