/**
 * The schema and the only access to Postgres: entities, migrations, roles, transactions, the only access to a company's
 * rows, and the ledger that settles jobs. It knows no queue and no HTTP.
 */
export {
  compareCounters,
  cellsOf,
  count,
  COUNTER_CELLS,
  countedActions,
  countedRecipients,
} from './agent-actions/action-counters.js';
export { ACTION_ITEM, USERS_ACTION_ITEM, WITH_SENDER } from './agent-actions/action-item.js';
export { ACTION_STATEMENTS } from './agent-actions/action-record.js';
export { LOCK_ACTION, SET_ACTION_STATUS } from './agent-actions/action-status.js';
export {
  hasCompany,
  hasCompanyNamed,
  insertCompany,
  insertUser,
  listCompanies,
  listUsers,
} from './accounts/accounts.js';
export * from './accounts/credentials.js';
export { createDataSource, migrate } from './schema/data-source.js';
export { Database, type Sql } from './connection/database.js';
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
export { FEED_ITEM } from './delivery/feed-item.js';
export { isDataError, isDuplicateKey, isOldSchema, isOutage } from './connection/faults.js';
export { MessageLedger } from './messages/message-ledger.js';
export { findPlaces, type MessagePlace, stepsOf, type TraceStep } from './messages/message-trace.js';
export { type MessageStatements, MessageWriter } from './messages/message-writer.js';
export { compareRequest } from './merchant-answers/compare-request.js';
export { deleteNotification } from './merchant-answers/delete-notification.js';
export { findKnownTypes } from './merchant-answers/find-known-types.js';
export { findOwedCommand } from './merchant-answers/find-owed-command.js';
export { findQuestion, type FoundQuestion } from './merchant-answers/find-question.js';
export { insertNotification, type StoredRequest } from './merchant-answers/insert-notification.js';
export { listNotifications } from './merchant-answers/list-notifications.js';
export { settleCommand } from './merchant-answers/settle-command.js';
export { upsertConversation } from './merchant-answers/upsert-conversation.js';
export { writeAnswer } from './merchant-answers/write-answer.js';
export { findType, listTypes, saveType } from './merchant-answers/notification-types.js';
export { bodyHash, once } from './messages/once.js';
export { ACTIONS, FEED } from './messages/retention/remove-old.js';
export { Retention, type RetentionOptions } from './messages/retention/retention.js';
export { prepareRoles, roleUrl, ROLES, type Role } from './schema/roles.js';
