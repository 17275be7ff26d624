import { audience } from '@herald/contracts';
import { type ChangedQuestion, Database, isQuestionPositionTooOld, readQuestionChanges } from '@herald/database';
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
      ids: 'bigint',
      read: (work) => this.database.asMerchant(merchantId, work),
      changes: (sql, after, limit) => readQuestionChanges(sql, merchantId, after, limit),
      isTooOld: (sql, position) => isQuestionPositionTooOld(sql, merchantId, position),
      eventOf: (changed) => eventOf(changed, filters),
      dataOf: (changed, event) => (event === 'removed' ? { id: changed.id } : changed),
    };
  }
}

/** A question of another status may have been shown before, and is removed, like a deleted one. */
function eventOf(changed: ChangedQuestion, { status, notification_types }: QuestionFilters): string | undefined {
  if (changed.status === null) return 'removed';
  if (notification_types && !notification_types.includes(changed.notification_type)) return undefined;
  return !status || changed.status === status ? 'question' : 'removed';
}
