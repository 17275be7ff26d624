import { audience } from '@herald/contracts';
import { type ChangedQuestion, Database, readQuestionChanges, type Sql } from '@herald/database';
import { Injectable } from '@nestjs/common';
import type { Source } from '../live/source.js';
import type { QuestionFilters } from './merchant-answers.params.js';

/** What a merchant's stream shows: each question that is asked, ends or is deleted. */
@Injectable()
export class QuestionsStream {
  constructor(private readonly database: Database) {}

  of(merchantId: number, filters: QuestionFilters): Source<ChangedQuestion> {
    const name = audience.questions(merchantId);
    return {
      key: name,
      audience: name,
      read: <T>(work: (sql: Sql) => Promise<T>) => this.database.asMerchant(merchantId, work),
      changes: (sql, after, limit) => readQuestionChanges(sql, merchantId, after, limit),
      eventOf: (changed) => eventOf(changed, filters),
    };
  }
}

/** A question that a change took out of the filters is removed, like a deleted one. */
function eventOf(changed: ChangedQuestion, { status, notification_types }: QuestionFilters) {
  const removed = { event: 'removed', data: { id: changed.id } };
  if (changed.status === null) return removed;
  if (notification_types && !notification_types.includes(changed.notification_type)) return undefined;
  if (!status || changed.status === status) return { event: 'question', data: changed };
  return changed.updated_at > changed.created_at ? removed : undefined;
}
