/**
 * The schema and the only access to Postgres: entities, migrations, roles, transactions, the only access to a company's
 * rows, and the ledger that settles jobs. It knows no queue and no HTTP.
 */
export { compareCounters, count, countedActions, countedRecipients } from './agent-actions/action-counters.js';
export { readStats, readTotal } from './agent-actions/action-figures.js';
export type { ActionFilters, PageOfActions } from './agent-actions/action-filters.js';
export { findAction } from './agent-actions/action-item.js';
export { readActions, readUsersActions } from './agent-actions/action-page.js';
export { ACTION_STATEMENTS } from './agent-actions/action-record.js';
export { ACTIONS, EXPIRED_ACTIONS, READ_ACTIONS } from './agent-actions/action-removal.js';
export { lockAction, setActionStatus } from './agent-actions/action-status.js';
export { readTimeline } from './agent-actions/action-timeline.js';
export { isTypeInUse } from './agent-actions/action-types.js';
export { readUses } from './agent-actions/action-uses.js';
export { readStory } from './agent-actions/query-story.js';
export { type Group, type Interval, isOfUses } from './agent-actions/timeline-relation.js';
export { compareUses } from './agent-actions/use-comparison.js';
export { areUsesCounted, countUses, UseCounting } from './agent-actions/use-counting.js';
export { MOST_LOOKED_AT, TooMuchToCount, type UseFilters } from './agent-actions/uses-relation.js';
export {
  changeUser,
  hasCompany,
  hasCompanyNamed,
  insertCompany,
  insertUser,
  listCompanies,
  listUsers,
} from './accounts/accounts.js';
export {
  type CheckedCredential,
  fingerprintsOfSecrets,
  lookUpCredential,
  lookUpCredentials,
  noteUses,
} from './accounts/credential-check.js';
export * from './accounts/credentials.js';
export { findUserId } from './accounts/find-user-id.js';
export { createDataSource, migrate } from './schema/data-source.js';
export { Database, type Snapshot, type Sql } from './connection/database.js';
export { DatabaseModule } from './database.module.js';
export {
  type DeadLetter,
  type DeadLetterDetails,
  type DeadLetterFilter,
  DeadLetters,
  type OldestOwed,
  type QueueCounts,
  type Replay,
  type SameFault,
} from './messages/dead-letters/dead-letters.js';
export { eraseTraces, findJobs, findTraces, type Subject, type Traces } from './messages/erasure/erasure.js';
export { completeLead, type Lead, subjectOfLead } from './messages/erasure/lead.js';
export { completePerson, type Person, subjectOfPerson } from './messages/erasure/person.js';
export { type Credential, type Scope, SCOPES } from './schema/entities/credential.entity.js';
export { isFeedPositionTooOld, readFeedChanges } from './delivery/feed-changes.js';
export { type PageOfFeed, readFeed } from './delivery/feed-page.js';
export { FEED_STATEMENTS } from './delivery/feed-record.js';
export { FEED, READ_FEED } from './delivery/feed-removal.js';
export { compareFeedCounters, countUnread } from './delivery/feed-counters.js';
export { findFeedItem } from './delivery/feed-item.js';
export { countLeftOfFeed, findPlace, markFeed, type MarkedFeed, type Place } from './delivery/feed-marks.js';
export { findWritten, setFeedStatus, setFeedStatuses } from './delivery/feed-status.js';
export { isDataError, isDuplicateKey, isOldSchema, isOutage } from './connection/faults.js';
export { assignJobs } from './messages/outbox/assign-jobs.js';
export { countOwed } from './messages/outbox/count-owed.js';
export { findPublishedEvents, type PublishedEvent, settleEvents, takeEvents } from './messages/outbox/events.js';
export { findKeys, insertMessages, type NewMessage, type StoredKey } from './messages/outbox/insert.js';
export { type Measurement, measureQueue } from './messages/outbox/measure.js';
export { findOldJobs, lockMessagesOf, splitJobs } from './messages/outbox/old-jobs.js';
export type { PublishedJob } from './messages/outbox/published-job.js';
export { companiesAfter, takeTurns } from './messages/outbox/take-turns.js';
export { tryLock } from './connection/try-lock.js';
export { type ChangedAction, isLogPositionTooOld, readActionChanges } from './agent-actions/action-changes.js';
export { changedAudiences, type Changes, currentPosition } from './live/changes.js';
export { isLater, type Position, readPosition, writePosition } from './live/position.js';
export { MessageLedger } from './messages/message-ledger.js';
export { findPlaces, type MessagePlace, stepsOf, type TraceStep } from './messages/message-trace.js';
export type { MessageStatements } from './messages/message-statements.js';
export { MessageWriter } from './messages/message-writer.js';
export { compareRequest } from './merchant-answers/compare-request.js';
export { countNotifications } from './merchant-answers/count-notifications.js';
export { deleteNotification } from './merchant-answers/delete-notification.js';
export { findKnownTypes } from './merchant-answers/find-known-types.js';
export { findNotification } from './merchant-answers/find-notification.js';
export { findOwedCommand } from './merchant-answers/find-owed-command.js';
export { findQuestion, type FoundQuestion } from './merchant-answers/find-question.js';
export { findQuestionPlace } from './merchant-answers/find-question-place.js';
export { expireQuestions, findDue, type MarkedQuestion, remindOfQuestions } from './merchant-answers/due-questions.js';
export {
  type ChangedQuestion,
  isQuestionPositionTooOld,
  readQuestionChanges,
} from './merchant-answers/question-changes.js';
export { type EventTarget, insertNotification, type StoredRequest } from './merchant-answers/insert-notification.js';
export { listNotifications } from './merchant-answers/list-notifications.js';
export { DELETED_QUESTIONS, ENDED_QUESTIONS } from './merchant-answers/question-removal.js';
export { settleCommand } from './merchant-answers/settle-command.js';
export { upsertConversation } from './merchant-answers/upsert-conversation.js';
export { writeAnswer } from './merchant-answers/write-answer.js';
export { findType, listTypes, saveType } from './merchant-answers/notification-types.js';
export { inSlices } from './messages/in-slices.js';
export { bodyHash, type CommandOrigin, once, renameCommand, resultOf } from './messages/once.js';
export { DEAD_LETTERS } from './messages/retention/old-dead-letters.js';
export { forgetRequests, REQUESTS } from './messages/retention/old-requests.js';
export { type Kept, removeOld } from './messages/retention/remove-old.js';
export {
  type RemovedSlice,
  Retention,
  type RetentionOptions,
  type RetentionRule,
} from './messages/retention/retention.js';
export { prepareRoles, roleUrl, ROLES, type Role } from './schema/roles.js';
