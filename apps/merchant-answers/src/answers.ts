import {
  type activeSpan,
  activeTraceparent,
  answeredEventId,
  type CommandResult,
  type Done,
  type JsonObject,
  merchantTenant,
  Refusal,
  unprocessable,
} from '@herald/contracts';
import { bodyHash, type Database, isDataError, isDuplicateKey } from '@herald/database';
import { LRUCache } from 'lru-cache';
import { checkAnswer, hasFields, type Question, type ReadTexts } from './answer-rules.js';

/** One merchant's answer to one notification. */
export interface GivenAnswer {
  /** The correlationId. */
  id: string;
  merchantId: number;
  notificationId: number;
  body: JsonObject;
  hash: Buffer;
  /** A caller waits for it: then it never stood in the outbox and was never given up. */
  awaited: boolean;
  /** Where it is traced: its event goes on with that. */
  span?: ReturnType<typeof activeSpan>;
}

type Outcome = CommandResult<Done> | Error;

interface Attempt {
  given: GivenAnswer;
  texts: ReadTexts;
  /** As it will be stored, and what it was checked against: the last time it was looked at. */
  answer: Record<string, string>;
  rules?: Rules;
  outcome?: Outcome;
}

/** What a notification keeps of its type. */
type Rules = Pick<Question, 'answered_fields' | 'answer_schema' | 'allow_multiple_answers'>;

interface Facts extends Question {
  notification_id: string | null;
  answer: JsonObject | null;
  answer_id: string | null;
  body_hash: Buffer | null;
  verdict: Done | null;
}

const DONE: Done = { message: 'Notification answered successfully' };

/** Most notifications are of a few types: their rules are tried before anything is read. */
const MAX_KNOWN_RULES = 8;

/**
 * Answers of many callers at once, mostly in one statement: an answer that passes rules met lately is written to its
 * notification on condition that those are its rules and that it still waits. The others are judged by what is read of
 * each. One answer wins: whoever came too late is judged again by what is known then.
 */
export class Answers {
  private readonly knownRules = new LRUCache<string, Rules>({ max: MAX_KNOWN_RULES });

  /** @param tell write an event for the system that asked */
  constructor(
    private readonly database: Database,
    private readonly tell: boolean,
  ) {}

  /** The outcomes, in the order of the answers: a verdict, or the error that its caller gets. */
  async give(answers: readonly GivenAnswer[]): Promise<Outcome[]> {
    const attempts: Attempt[] = answers.map((given) => ({ given, texts: new Map(), answer: {} }));
    await this.store(firstOfEach(attempts.filter((attempt) => this.guess(attempt))));
    // Every round settles somebody, unless others answer the same notifications faster than these are judged.
    for (let rounds = attempts.length + 3; rounds > 0; rounds--) {
      const open = attempts.filter(({ outcome }) => !outcome);
      if (open.length === 0) break;
      await this.judge(open);
      await this.store(firstOfEach(open.filter(({ outcome }) => !outcome)));
    }
    return attempts.map(({ outcome }) => outcome ?? new Error('Too many answers at once'));
  }

  /**
   * True when the rules of these fields that were met last accept the answer. Only those are tried: patterns may be slow.
   * Types that allow another answer leave replays to be read first.
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

  /** Settles those that cannot be stored; the others know their answer afterwards. */
  private async judge(open: Attempt[]): Promise<void> {
    const facts = await this.database.prepared<Facts>(FIND_FACTS, [
      open.map(({ given }) => given.id),
      open.map(({ given }) => given.merchantId),
      open.map(({ given }) => given.notificationId),
    ]);
    open.forEach((attempt, seat) => {
      try {
        const known = facts[seat] as Facts;
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

  /** The outbox is empty at one moment and full the next: a plan that touches it is not kept. */
  private write(how: Write, values: unknown[]): Promise<{ id: string }[]> {
    const statement = writeStatement(how);
    return how.leave ? this.database.query(statement, values) : this.database.prepared(statement, values);
  }

  private async store(chosen: Attempt[]): Promise<void> {
    if (chosen.length === 0) return;
    try {
      const leave = chosen.some(({ given }) => !given.awaited);
      const several = chosen.length > 1;
      const rows = chosen.map(({ given, answer, rules }) => [
        given.id,
        given.hash,
        given.merchantId,
        given.notificationId,
        JSON.stringify(answer),
        JSON.stringify(rules),
        ...(this.tell
          ? [answeredEventId(given.id), merchantTenant(given.merchantId), activeTraceparent(given.span) ?? null]
          : []),
      ]);
      const [first] = rows as [unknown[]];
      const columns = several ? first.map((_, seat) => rows.map((row) => row[seat])) : first;
      const stored = await this.write({ tell: this.tell, leave, several }, [JSON.stringify(DONE), ...columns]);
      const winners = new Set(stored.map(({ id }) => id));
      for (const attempt of chosen) {
        if (winners.has(attempt.given.id)) attempt.outcome = { verdict: DONE, replayed: false };
      }
    } catch (error) {
      if (!isDataError(error)) throw error;
      // One of them was answered elsewhere under the same id a moment ago, or cannot be stored: find out which.
      if (chosen.length > 1) for (const attempt of chosen) await this.store([attempt]);
      else if (!isDuplicateKey(error)) (chosen[0] as Attempt).outcome = error as Error;
    }
  }
}

/** What the same request was told before, if it was. */
function earlierVerdict(known: Facts, { id, hash, body }: GivenAnswer): CommandResult<Done> | undefined {
  if (known.body_hash) {
    if (!known.body_hash.equals(hash)) throw unprocessable('This Idempotency-Key was used with another body');
    return { verdict: known.verdict as Done, replayed: true };
  }
  // The memory of requests is shorter than the notification's life.
  if (known.answer_id !== id) return undefined;
  const before = checkAnswer({ ...known, status: 'requested' }, body);
  if (!bodyHash(before).equals(bodyHash(known.answer)))
    throw unprocessable('This Idempotency-Key was used with another body');
  return { verdict: DONE, replayed: true };
}

/** One statement takes each notification and each id once; the others are judged again afterwards. */
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
    from unnest($1::uuid[], $2::bigint[], $3::bigint[]) with ordinality as g(id, merchant_id, notification_id, seat)
    left join requests r on r.id = g.id
    left join notifications n on n.id = g.notification_id and n.merchant_id = g.merchant_id
   order by g.seat`;

const ISO = (time: string) => `to_char(${time} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`;

/** The event, as `AnsweredEvent` describes it. */
const TELL = `,
  told as (
    insert into outbox (id, queue, job, company_id, accepted_at, traceparent, body)
    select g.event_id, 'merchant-answers.answered', 'answered', g.tenant, n.updated_at, g.traceparent, jsonb_build_object(
             'v', 1, 'id', g.event_id, 'correlationId', g.id, 'answered_at', ${ISO('n.updated_at')},
             'merchant_id', n.merchant_id,
             'conversation', jsonb_build_object('id', c.id, 'lead_phone', c.lead_phone, 'lead_name', c.lead_name),
             'notification', jsonb_build_object('id', n.id, 'correlationId', n.correlation_id,
               'notification_type', n.notification_type, 'created_at', ${ISO('n.created_at')}),
             'question', n.context, 'answer', n.answer)
      from answered n join given g on g.id = n.answer_id join conversations c on c.id = n.conversation_id)`;

interface Write {
  /** An event is written for the system that asked. */
  tell: boolean;
  /** Some may stand in the outbox or among the dead letters, and leave there. */
  leave: boolean;
  several: boolean;
}

/** True where notification `n` waits for given answer `g` and keeps the rules that it was checked against. */
const WAITS = `n.id = g.notification_id and n.merchant_id = g.merchant_id
       and (n.status = 'requested' or n.allow_multiple_answers)
       and g.rules = jsonb_build_object('answered_fields', n.answered_fields, 'answer_schema', n.answer_schema,
                                        'allow_multiple_answers', n.allow_multiple_answers)`;

/** Locks are taken in order of the notifications, so that two statements at once do not wait for each other. */
const LOCK = `
  locked as (select n.id from notifications n join given g on ${WAITS} order by n.id for update of n),`;

const LEAVE = `,
  taken as (
    delete from outbox o using answered n where o.id = n.answer_id and o.queue = 'merchant-answers'),
  cleared as (
    delete from dead_letters d using answered n
     where d.correlation_id = n.answer_id and d.queue = 'merchant-answers')`;

/** What is known of a given answer, from $2 on; $1 is the verdict. */
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
 * Of one answer the plan is the same every time: Postgres keeps it, where it plans for arrays anew. What is given of one
 * answer stands in the plan itself, and not in a table of its own.
 */
const given = ({ tell, several }: Write) => {
  const columns = [...GIVEN, ...(tell ? FOR_EVENT : [])].map(([name, type], seat) => ({ name, type, at: seat + 2 }));
  return several
    ? `select * from unnest(${columns.map(({ type, at }) => `$${at}::${type}[]`).join(', ')})
              as g(${columns.map(({ name }) => name).join(', ')})`
    : `select ${columns.map(({ name, type, at }) => `$${at}::${type} as ${name}`).join(', ')}`;
};

const writeStatement = ({ tell, leave, several }: Write) => `
  with given as ${several ? '' : 'not materialized '}(${given({ tell, leave, several })}),${several ? LOCK : ''}
  answered as (
    update notifications n set status = 'answered', answer = g.answer, answer_id = g.id, updated_at = now()
      from given g${several ? ', locked' : ''}
     where ${several ? 'n.id = locked.id and ' : ''}${WAITS}
    returning n.*),
  remembered as (
    insert into requests (id, body_hash, verdict)
    select g.id, g.body_hash, $1::jsonb from answered n join given g on g.id = n.answer_id)${leave ? LEAVE : ''}${tell ? TELL : ''}
  select answer_id as id from answered`;
