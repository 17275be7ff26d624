import {
  ACTION_STATEMENTS,
  ACTIONS,
  compareCounters,
  compareFeedCounters,
  compareUses,
  countUses,
  countLeftOfFeed,
  type Database,
  DeadLetters,
  deleteNotification,
  expireQuestions,
  FEED,
  FEED_STATEMENTS,
  findAction,
  findDue,
  findJobs,
  findNotification,
  findPlaces,
  findTraces,
  insertMessages,
  insertNotification,
  listNotifications,
  lockAction,
  lockMessagesOf,
  type MarkedFeed,
  markFeed,
  MessageLedger,
  readActions,
  readFeed,
  readStats,
  readStory,
  readTimeline,
  readTotal,
  readUses,
  readUsersActions,
  remindOfQuestions,
  setActionStatus,
  setFeedStatus,
  setFeedStatuses,
  settleEvents,
  splitJobs,
  type Subject,
  subjectOfLead,
  subjectOfPerson,
  writeAnswer,
} from '@herald/database';

const COMPANY = '123e4567-e89b-12d3-a456-426614174001';
const SOMEONE = '123e4567-e89b-12d3-a456-426614174004';
const SOMETHING = '123e4567-e89b-12d3-a456-426614174000';
const at = (time: string) => new Date(`${time}Z`);

const page = { skip: 0, limit: 50 };
const cursor = { at: at('2025-03-05T10:30'), id: SOMETHING };
/** Begins and ends within an hour, in different months. */
const range = { start_date: at('2025-01-17T10:20'), end_date: at('2025-03-05T16:45') };
const agent = { agent_id: SOMEONE };
const user = { user_id: SOMEONE };
const timeline = { companyId: COMPANY, filters: range, interval: 'day' } as const;

const run = {
  queue: 'delivery',
  job: 'deliver',
  jobKey: '1:1',
  text: '',
  awaited: false,
  queuedAt: at('2025-03-05T10:30'),
  startedAt: at('2025-03-05T10:31'),
  attempt: 1,
};
const owed = { ...run, ids: [SOMETHING], alone: false };
const direct = { ...run, correlationId: SOMETHING, companyId: COMPANY, body: {}, alone: false };
const failure = new Error('it failed');
const message = { id: SOMETHING, queue: 'delivery', job: 'deliver', companyId: COMPANY, body: {} };
const published = { id: SOMETHING, job_id: SOMEONE, queued_at: run.queuedAt };
const queue = 'merchant-answers.answered';
const event = { tenant: SOMEONE, writesEvent: true };
const question = {
  correlationId: SOMETHING,
  merchantId: 1,
  conversationId: 456,
  type: 'user_question_request',
  context: {},
};

/** Runs the statements of an erasure on a database that has no trace of the subject. */
async function erase(database: Database, subject: Subject): Promise<void> {
  await findTraces(database, subject);
  await findJobs(database, subject, []);
  for (const trace of subject.traces) await database.query(trace.erase, [...subject.values, []]);
}

const feed = { companyId: COMPANY, login: 'dmurta', tab: 'all' };

/** Marks a slice of a feed, and counts what is left. */
async function mark(database: Database, marked: MarkedFeed): Promise<void> {
  await markFeed(database, marked, undefined, 2000);
  await countLeftOfFeed(database, marked, cursor, 1_000_000);
}

/** The parameters of statements for a job of no messages. */
const NO_OWED = [[], run.queuedAt, run.startedAt];
const NO_DIRECT = [[], [], [], [], []];

/** Composed statements, by the file in libs/database/src that shows them, each as services run it. */
export const RENDERED: Record<string, (database: Database) => Promise<unknown>> = {
  'delivery/rendered/move-owed': (database) => database.query(FEED_STATEMENTS.moveOwed, NO_OWED),
  'delivery/rendered/write-direct': (database) => database.query(FEED_STATEMENTS.writeDirect, NO_DIRECT),
  'delivery/rendered/find-twins': (database) => database.query(FEED_STATEMENTS.findTwins, NO_DIRECT),
  'delivery/rendered/leave-twin': (database) => database.query(FEED_STATEMENTS.leaveTwin, [SOMETHING]),
  'delivery/rendered/page': (database) => readFeed(database, COMPANY, 'dmurta', { box: 'all', tab: 'all', limit: 50 }),
  'delivery/rendered/page-of-received': (database) =>
    readFeed(database, COMPANY, 'dmurta', { box: 'received', tab: 'ai', status: 'unread', cursor, limit: 50 }),
  'delivery/rendered/set-status': (database) =>
    setFeedStatus(database, { companyId: COMPANY, messageId: SOMETHING, login: 'dmurta' }, 'read'),
  'delivery/rendered/set-statuses': (database) =>
    setFeedStatuses(database, { companyId: COMPANY, ids: [SOMETHING], login: 'dmurta' }, 'read'),
  'delivery/rendered/mark-read': (database) => mark(database, { ...feed, mark: 'read' }),
  'delivery/rendered/mark-archived': (database) => mark(database, { ...feed, mark: 'archived' }),
  'delivery/rendered/mark-seen': (database) => mark(database, { ...feed, mark: 'seen', upTo: cursor }),
  'delivery/rendered/compare-counters': (database) => compareFeedCounters(database),
  'delivery/rendered/remove-old': async (database) => {
    await database.query(FEED.lock, [30, 500]);
    await database.query(FEED.remove, [[]]);
  },

  'agent-actions/rendered/move-owed': (database) => database.query(ACTION_STATEMENTS.moveOwed, NO_OWED),
  'agent-actions/rendered/write-direct': (database) => database.query(ACTION_STATEMENTS.writeDirect, NO_DIRECT),
  'agent-actions/rendered/find-twins': (database) => database.query(ACTION_STATEMENTS.findTwins, NO_DIRECT),
  'agent-actions/rendered/leave-twin': (database) => database.query(ACTION_STATEMENTS.leaveTwin, [SOMETHING]),
  'agent-actions/rendered/action': (database) => findAction(database, COMPANY, SOMETHING),
  'agent-actions/rendered/page': (database) => readActions(database, COMPANY, {}, page),
  'agent-actions/rendered/page-by-cursor': (database) => readActions(database, COMPANY, {}, { ...page, cursor }),
  'agent-actions/rendered/page-of-agent': (database) => readActions(database, COMPANY, { ...agent, ...range }, page),
  'agent-actions/rendered/page-of-urgent': (database) => readActions(database, COMPANY, { priority: 'urgent' }, page),
  'agent-actions/rendered/page-far-down': (database) =>
    readActions(database, COMPANY, { end_date: range.end_date }, { ...page, skip: 100_000 }),
  'agent-actions/rendered/page-of-user': (database) => readUsersActions(database, COMPANY, user, page),
  'agent-actions/rendered/figures': (database) => readStats(database, COMPANY, {}),
  'agent-actions/rendered/figures-of-range': (database) => readStats(database, COMPANY, range),
  'agent-actions/rendered/figures-of-agent': (database) => readStats(database, COMPANY, { ...agent, ...range }),
  'agent-actions/rendered/figures-of-user': (database) => readStats(database, COMPANY, { ...user, ...range }),
  'agent-actions/rendered/figures-of-query': (database) => readTotal(database, COMPANY, { query_id: SOMETHING }),
  'agent-actions/rendered/set-status': async (database) => {
    await lockAction(database, COMPANY, SOMETHING);
    await setActionStatus(database, { notificationId: SOMETHING, userId: SOMEONE, status: 'read' }, 'unread');
  },
  'agent-actions/rendered/remove-old': async (database) => {
    await database.query(ACTIONS.lock, [30, 500]);
    await database.query(ACTIONS.remove, [[]]);
  },
  'agent-actions/rendered/compare-counters': (database) => compareCounters(database),
  'agent-actions/rendered/count-uses': (database) => database.transaction(countUses),
  'agent-actions/rendered/compare-uses': (database) => compareUses(database),
  'agent-actions/rendered/timeline-by-type': (database) => readTimeline(database, { ...timeline, group: 'type' }, 10),
  'agent-actions/rendered/timeline-by-tool': (database) =>
    readTimeline(database, { ...timeline, filters: { ...agent, ...range }, group: 'tool' }, 10),
  'agent-actions/rendered/timeline-of-user': (database) =>
    readTimeline(database, { ...timeline, filters: { ...user, ...range }, group: 'tool' }, 10),
  'agent-actions/rendered/tools': (database) => readUses(database, COMPANY, range, { by: 'tool', limit: 50 }),
  'agent-actions/rendered/agents-of-everything': (database) =>
    readUses(database, COMPANY, {}, { by: 'agent_id', limit: 50 }),
  'agent-actions/rendered/story': (database) => readStory(database, COMPANY, SOMETHING, page),

  'merchant-answers/rendered/list': (database) =>
    listNotifications(database, { merchantId: 1, before: 1000, status: 'requested', limit: 50 }),
  'merchant-answers/rendered/request': (database) => insertNotification(database, question, event),
  'merchant-answers/rendered/answer': (database) =>
    writeAnswer(database, {
      ...event,
      notificationId: 1,
      merchantId: 1,
      correlationId: SOMETHING,
      hash: Buffer.from('hash'),
      verdict: {},
      answer: {},
      oldEventId: SOMEONE,
      answerId: SOMETHING,
      queuedAt: at('2025-03-05T10:30'),
      startedAt: at('2025-03-05T10:31'),
    }),
  'merchant-answers/rendered/delete': (database) => deleteNotification(database, { id: 1, merchantId: 1 }, event),
  'merchant-answers/rendered/due': async (database) => {
    await findDue(database);
    await expireQuestions(database, 500, true);
    await remindOfQuestions(database, 500, true);
  },

  'messages/rendered/insert': (database) => insertMessages(database, [{ messages: [message] }], new Map()),
  'messages/rendered/insert-keyed': (database) => {
    const key = { id: SOMEONE, hash: Buffer.from('hash') };
    return insertMessages(database, [{ messages: [{ ...message, id: SOMEONE }], key }], new Map());
  },
  'messages/rendered/replace-lost-jobs': (database) => lockMessagesOf(database, run.queue, [published]),
  'messages/rendered/split-failed-jobs': (database) => splitJobs(database, run.queue, [published]),
  'messages/rendered/settle-events': async (database) => {
    await settleEvents(database, queue, 'completed', [published]);
    await settleEvents(database, queue, 'failed', [published]);
    await settleEvents(database, queue, 'gone', [published]);
  },
  'messages/rendered/start-alone': (database) => new MessageLedger(database).startAlone({ ...owed, alone: true }),
  'messages/rendered/note-failure': (database) => new MessageLedger(database).noteFailure(owed, failure),
  'messages/rendered/split-job': (database) => new MessageLedger(database).giveUp(owed, failure, 'failed'),
  'messages/rendered/give-up': (database) => new MessageLedger(database).giveUp(direct, failure, 'failed'),
  'messages/rendered/dead-letters': async (database) => {
    await new DeadLetters(database).list({ queue: 'delivery', since: range.start_date });
    await new DeadLetters(database).sameFaults({ queue: 'delivery' });
  },
  'messages/rendered/erase-person': (database) =>
    erase(database, subjectOfPerson({ companyId: COMPANY, userId: SOMEONE, login: 'dmurta' })),
  'messages/rendered/erase-lead': (database) =>
    erase(database, subjectOfLead({ phone: '+1234567890', merchantId: 1, conversationIds: [], notificationIds: [] })),
  'messages/rendered/find-places': async (database) => {
    await findPlaces(database, [SOMETHING], COMPANY);
    await findPlaces(database, [SOMETHING]);
  },
  'merchant-answers/rendered/find-notification': (database) => findNotification(database, 123, 1),
  'messages/rendered/replay': (database) => new DeadLetters(database).replay(['1']),
};
