import {
  type activeSpan,
  activeTraceparent,
  answeredEventId,
  type CommandResult,
  type Done,
  type JsonObject,
  keyReused,
  merchantTenant,
  Refusal,
} from '@herald/contracts';
import { bodyHash, type Database, isDataError, isoTime, isDuplicateKey } from '@herald/database';
import { LRUCache } from 'lru-cache';
import { checkAnswer, hasFields, type Question, type ReadTexts } from './answer-rules.js';

/** The answer of a merchant to a notification. */
export interface GivenAnswer {
  /** The correlationId. */
  id: string;
  merchantId: number;
  notificationId: number;
  body: JsonObject;
  hash: Buffer;
  /** True when a caller waits for the result. Then the answer is neither in the outbox nor among the dead letters. */
  awaited: boolean;
  /** The current span, which the event continues. */
  span?: ReturnType<typeof activeSpan>;
}

type Outcome = CommandResult<Done> | Error;

interface Attempt {
  given: GivenAnswer;
  texts: ReadTexts;
  /** The answer as it will be stored, from the last check. */
  answer: Record<string, string>;
  /** The rules of the last check. */
  rules?: Rules;
  outcome?: Outcome;
}

/** The rules that a notification copied from its type. */
type Rules = Pick<Question, 'answered_fields' | 'answer_schema' | 'allow_multiple_answers'>;

interface Facts extends Question {
  notification_id: string | null;
  answer: JsonObject | null;
  answer_id: string | null;
  body_hash: Buffer | null;
  verdict: Done | null;
}

const DONE: Done = { message: 'Notification answered successfully' };

/** Most notifications have one of a few types. Their rules are tried before anything is read. */
const MAX_KNOWN_RULES = 8;

/**
 * Stores the answers of many callers, usually in one statement. An answer that passes recently used rules is written on
 * the condition that its notification has these rules and is still open. For the others, the facts are read and checked
 * first. Only one answer wins; an answer that lost is checked again against the new facts.
 */
export class Answers {
  private readonly knownRules = new LRUCache<string, Rules>({ max: MAX_KNOWN_RULES });

  /** @param writesEvents true to write an event for the system that requested the answer */
  constructor(
    private readonly database: Database,
    private readonly writesEvents: boolean,
  ) {}

  /** Returns the outcomes in the order of the answers: a verdict, or the error for the caller. */
  async give(answers: readonly GivenAnswer[]): Promise<Outcome[]> {
    const attempts: Attempt[] = answers.map((given) => ({ given, texts: new Map(), answer: {} }));
    await this.store(firstOfEach(attempts.filter((attempt) => this.guess(attempt))));
    // Each round settles at least one answer, unless other processes keep answering the same notifications first.
    for (let rounds = attempts.length + 3; rounds > 0; rounds--) {
      const open = attempts.filter(({ outcome }) => !outcome);
      if (open.length === 0) break;
      await this.judge(open);
      await this.store(firstOfEach(open.filter(({ outcome }) => !outcome)));
    }
    return attempts.map(({ outcome }) => outcome ?? new Error('Too many answers at once'));
  }

  /**
   * Returns true when the most recent rules with these fields accept the answer. Only those are tried, because patterns
   * may be slow. Rules that allow several answers are never cached: a replay must be read first.
   */
  private guess(attempt: Attempt): boolean {
    const { given, texts } = attempt;
    const rules = [...this.knownRules.values()].find(({ answered_fields }) => hasFields(given.body, answered_fields));
    if (!rules) return false;
    try {
      attempt.answer = checkAnswer({ ...rules, status: 'requested' }, given.body, texts);
      attempt.rules = rules;
      return true;
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      return false;
    }
  }

  /** Settles answers that cannot be stored, and prepares the others for `store`. */
  private async judge(open: Attempt[]): Promise<void> {
    const facts = await this.database.prepared<Facts>(FIND_FACTS, [
      open.map(({ given }) => given.id),
      open.map(({ given }) => given.merchantId),
      open.map(({ given }) => given.notificationId),
    ]);
    open.forEach((attempt, index) => {
      try {
        const known = facts[index] as Facts;
        attempt.outcome = earlierVerdict(known, attempt.given);
        if (attempt.outcome) return;
        attempt.answer = checkAnswer(
          known.notification_id === null ? undefined : known,
          attempt.given.body,
          attempt.texts,
        );
        attempt.rules = this.remember(known);
      } catch (error) {
        attempt.outcome = error as Error;
      }
    });
  }

  private remember({ answered_fields, answer_schema, allow_multiple_answers }: Rules): Rules {
    const rules = { answered_fields, answer_schema, allow_multiple_answers };
    if (!allow_multiple_answers) this.knownRules.set(JSON.stringify(rules), rules);
    return rules;
  }

  /** The size of the outbox changes quickly, so a statement that uses it is not prepared. */
  private write(variant: Variant, values: unknown[]): Promise<{ id: string }[]> {
    const statement = writeStatement(variant);
    return variant.clearsPending ? this.database.query(statement, values) : this.database.prepared(statement, values);
  }

  private async store(chosen: Attempt[]): Promise<void> {
    if (chosen.length === 0) return;
    try {
      const clearsPending = chosen.some(({ given }) => !given.awaited);
      const several = chosen.length > 1;
      const rows = chosen.map(({ given, answer, rules }) => [
        given.id,
        given.hash,
        given.merchantId,
        given.notificationId,
        JSON.stringify(answer),
        JSON.stringify(rules),
        ...(this.writesEvents
          ? [answeredEventId(given.id), merchantTenant(given.merchantId), activeTraceparent(given.span) ?? null]
          : []),
      ]);
      const [first] = rows as [unknown[]];
      const columns = several ? first.map((_, index) => rows.map((row) => row[index])) : first;
      const variant = { writesEvents: this.writesEvents, clearsPending, several };
      const stored = await this.write(variant, [JSON.stringify(DONE), ...columns]);
      const winners = new Set(stored.map(({ id }) => id));
      for (const attempt of chosen) {
        if (winners.has(attempt.given.id)) attempt.outcome = { verdict: DONE, replayed: false };
      }
    } catch (error) {
      if (!isDataError(error)) throw error;
      // One of them was just stored elsewhere under the same id, or cannot be stored: try one at a time.
      if (chosen.length > 1) for (const attempt of chosen) await this.store([attempt]);
      else if (!isDuplicateKey(error)) (chosen[0] as Attempt).outcome = error as Error;
    }
  }
}

/** Returns the verdict that the same request received earlier, if any. */
function earlierVerdict(known: Facts, { id, hash, body }: GivenAnswer): CommandResult<Done> | undefined {
  if (known.body_hash) {
    if (!known.body_hash.equals(hash)) throw keyReused();
    return { verdict: known.verdict as Done, replayed: true };
  }
  // The notification outlives the stored request.
  if (known.answer_id !== id) return undefined;
  const before = checkAnswer({ ...known, status: 'requested' }, body);
  if (!bodyHash(before).equals(bodyHash(known.answer))) throw keyReused();
  return { verdict: DONE, replayed: true };
}

/** Selects at most one attempt per notification and per id for a statement. The others are checked again afterwards. */
function firstOfEach(attempts: Attempt[]): Attempt[] {
  const taken = new Set<string | number>();
  return attempts.filter(({ given: { id, notificationId } }) => {
    if (taken.has(id) || taken.has(notificationId)) return false;
    taken.add(id).add(notificationId);
    return true;
  });
}

const FIND_FACTS = `
  select n.id as notification_id, n.status, n.answered_fields, n.answer_schema, n.allow_multiple_answers,
         n.answer, n.answer_id, r.body_hash, r.verdict
    from unnest($1::uuid[], $2::bigint[], $3::bigint[]) with ordinality as g(id, merchant_id, notification_id, ordinal)
    left join requests r on r.id = g.id
    left join notifications n on n.id = g.notification_id and n.merchant_id = g.merchant_id
   order by g.ordinal`;

/** Writes the event that `AnsweredEvent` describes to the outbox. */
const WRITE_EVENT = `,
  events as (
    insert into outbox (id, queue, job, company_id, accepted_at, traceparent, body)
    select g.event_id, 'merchant-answers.answered', 'answered', g.tenant, n.updated_at, g.traceparent, jsonb_build_object(
             'v', 1, 'id', g.event_id, 'correlationId', g.id, 'answered_at', ${isoTime('n.updated_at')},
             'merchant_id', n.merchant_id,
             'conversation', jsonb_build_object('id', c.id, 'lead_phone', c.lead_phone, 'lead_name', c.lead_name),
             'notification', jsonb_build_object('id', n.id, 'correlationId', n.correlation_id,
               'notification_type', n.notification_type, 'created_at', ${isoTime('n.created_at')}),
             'question', n.context, 'answer', n.answer)
      from answered n join given g on g.id = n.answer_id join conversations c on c.id = n.conversation_id)`;

/** The variants of the statement that writes answers. */
interface Variant {
  /** Writes an event for the system that requested the answer. */
  writesEvents: boolean;
  /** Removes the answers from the outbox and the dead letters. */
  clearsPending: boolean;
  several: boolean;
}

/** True when notification `n` is open for given answer `g` and has the rules that `g` was checked against. */
const IS_OPEN = `n.id = g.notification_id and n.merchant_id = g.merchant_id
       and (n.status = 'requested' or n.allow_multiple_answers)
       and g.rules = jsonb_build_object('answered_fields', n.answered_fields, 'answer_schema', n.answer_schema,
                                        'allow_multiple_answers', n.allow_multiple_answers)`;

/** Locks the notifications in order, so that two concurrent statements cannot deadlock. */
const LOCK = `
  locked as (select n.id from notifications n join given g on ${IS_OPEN} order by n.id for update of n),`;

const CLEAR_PENDING = `,
  taken as (
    delete from outbox o using answered n where o.id = n.answer_id and o.queue = 'merchant-answers'),
  cleared as (
    delete from dead_letters d using answered n
     where d.correlation_id = n.answer_id and d.queue = 'merchant-answers')`;

/** The parameters of a given answer, from $2 on; $1 is the verdict. */
const GIVEN = [
  ['id', 'uuid'],
  ['body_hash', 'bytea'],
  ['merchant_id', 'bigint'],
  ['notification_id', 'bigint'],
  ['answer', 'jsonb'],
  ['rules', 'jsonb'],
] as const;
const FOR_EVENT = [
  ['event_id', 'uuid'],
  ['tenant', 'uuid'],
  ['traceparent', 'text'],
] as const;

/**
 * Returns the source of the given answers. A single answer uses plain parameters: Postgres reuses the plan and inlines
 * the values, while it plans again for each array.
 */
const given = ({ writesEvents, several }: Variant) => {
  const columns = [...GIVEN, ...(writesEvents ? FOR_EVENT : [])].map(([name, type], index) => ({
    name,
    type,
    at: index + 2,
  }));
  return several
    ? `select * from unnest(${columns.map(({ type, at }) => `$${at}::${type}[]`).join(', ')})
              as g(${columns.map(({ name }) => name).join(', ')})`
    : `select ${columns.map(({ name, type, at }) => `$${at}::${type} as ${name}`).join(', ')}`;
};

const writeStatement = (variant: Variant) => {
  const { several } = variant;
  const clearPending = variant.clearsPending ? CLEAR_PENDING : '';
  const writeEvent = variant.writesEvents ? WRITE_EVENT : '';
  return `
  with given as ${several ? '' : 'not materialized '}(${given(variant)}),${several ? LOCK : ''}
  answered as (
    update notifications n set status = 'answered', answer = g.answer, answer_id = g.id, updated_at = now()
      from given g${several ? ', locked' : ''}
     where ${several ? 'n.id = locked.id and ' : ''}${IS_OPEN}
    returning n.*),
  remembered as (
    insert into requests (id, body_hash, verdict)
    select g.id, g.body_hash, $1::jsonb from answered n join given g on g.id = n.answer_id)${clearPending}${writeEvent}
  select answer_id as id from answered`;
};
