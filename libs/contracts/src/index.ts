/**
 * Data that crosses process boundaries: the queues as data, the shapes of jobs and replies, the rules for text, and
 * refusals. It knows no transport, no database and no HTTP.
 */
export * from './action-analytics.dto.js';
export * from './agent-actions.contract.js';
export * from './agent-actions.dto.js';
export { audience } from './audiences.js';
export * from './delivery.contract.js';
export * from './delivery.dto.js';
export { check, Dto, type DtoClass, factsOf, type Field, fieldsOf, type Issue } from './dto.js';
export * from './error-envelope.js';
export { fieldErrors, summaryOf } from './field-faults.js';
export * from './json-object.js';
export * from './ledger.js';
export { MAX_JOB_BYTES } from './job-size.js';
export { validatorOf } from './linear-schema.js';
export * from './merchant-answers.contract.js';
export * from './merchant-answers.dto.js';
export * from './notification-type.js';
export { HeraldError } from './herald-error.js';
export { faultOfEnd } from './question-end.js';
export * from './queue-contract.js';
export { BrokenContract, checkData, isObject, readJob, UnreadableData } from './read-job.js';
export * from './refusal.js';
export * from './rules.js';
export { SCOPES_OF_PEOPLE } from './scopes-of-people.js';
export * from './text.js';
export * from './timestamp.js';
export * from './trace-words.js';
export * from './tracing.js';
