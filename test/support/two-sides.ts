import { randomUUID } from 'node:crypto';
import { Pool } from 'pg';
import { anAction, recordAt } from './actions.js';

/** A company and a merchant of its own. Their data has `mark` in every text. */
export interface Side {
  companyId: string;
  merchantId: number;
  conversationId: number;
  mark: string;
}

/** Ids of what a side has: each as its own tables have it, and none that the other side has too. */
export interface Belongings {
  message: string;
  written: string;
  owed: string;
  deadLetter: string;
  action: string;
  user: string;
  agent: string;
  query: string;
  type: string;
  question: number;
  questionsCorrelation: string;
}

/** Logins, users, agents and queries that both sides know: who forgets the company finds the other's. */
export const SHARED = {
  login: 'dmurta',
  user: '00000000-0000-4000-8000-000000000001',
  agent: 'shared agent',
  query: 'shared query',
  at: new Date('2026-01-01T12:00:00Z'),
};

/** Fills every table with rows of a side; the company has to be there. */
export async function furnish(databaseUrl: string, side: Side): Promise<Belongings> {
  const { companyId, merchantId, conversationId, mark } = side;
  const pool = new Pool({ connectionString: databaseUrl, max: 1 });
  const insert = async (text: string, ...values: unknown[]) => (await pool.query(text, values)).rows[0]?.id;
  const [user, agent, query, type] = [
    randomUUID(),
    `agent-${mark}`,
    `query-${mark}`,
    `type_${randomUUID().slice(0, 8)}`,
  ];
  try {
    await insert(
      `insert into credentials (id, company_id, name, secret_hash, scopes) values ($1, $2, $3, '', '{}')`,
      `test${mark.toLowerCase()}`,
      companyId,
      mark,
    );
    const message = (author: string, recipient: string) =>
      insert(
        `insert into feed_messages (id, company_id, title, body, author_login, recipient_login, question, metadata,
                                    created_at, queued_at, started_at, history)
         values (gen_random_uuid(), $1, $2, $2, $3, $4, $2, jsonb_build_object('mark', $2::text), $5, $5, $5,
                 jsonb_build_array(jsonb_build_object('step', 'attempt', 'at', now()::text, 'detail', $2::text))) returning id`,
        companyId,
        mark,
        author,
        recipient,
        SHARED.at,
      );
    const owed = await insert(
      `insert into outbox (id, queue, job, company_id, body, accepted_at, queued_at, job_id, history)
       values (gen_random_uuid(), 'merchant-answers.answered', 'answered', $1, jsonb_build_object('mark', $2::text), now(), now(),
               gen_random_uuid(), jsonb_build_array(jsonb_build_object('step', 'attempt', 'at', now()::text, 'detail', $2::text)))
       returning id`,
      companyId,
      mark,
    );
    const deadLetter = await insert(
      `insert into dead_letters (correlation_id, queue, job, company_id, content, error)
       values (gen_random_uuid(), 'delivery', 'deliver', $1, $2, $2) returning correlation_id as id`,
      companyId,
      mark,
    );
    await insert(
      `insert into requests (id, body_hash, verdict) values ($1, '', jsonb_build_object('mark', $2::text))`,
      randomUUID(),
      mark,
    );
    const person = (id: string) => ({ id, email: `${mark}@example.com`, name: mark });
    const [action] = await recordAt(databaseUrl, companyId, [
      {
        at: SHARED.at,
        body: anAction({
          title: mark,
          notification_type: type,
          metadata: { agent_id: agent, query_id: query, tool_used: `tool of ${mark}`, mark },
          sender: person(user),
          recipients: [person(user), person(SHARED.user)],
        }),
      },
      {
        at: SHARED.at,
        body: anAction({
          title: mark,
          metadata: { agent_id: SHARED.agent, query_id: SHARED.query, tool_used: `tool of ${mark}`, mark },
          sender: person(SHARED.user),
          recipients: [person(SHARED.user)],
        }),
      },
    ]);
    await insert(
      `insert into conversations (id, merchant_id, lead_phone, lead_name, updated_at) values ($1, $2, $3, $3, now())
           on conflict (id) do update set lead_phone = $3, lead_name = $3`,
      conversationId,
      merchantId,
      mark,
    );
    const questionsCorrelation = randomUUID();
    const question = await insert(
      `insert into notifications (id, correlation_id, merchant_id, conversation_id, notification_type, context,
                                  requested_fields, answered_fields, answer_schema, allow_multiple_answers)
       select 700000000 + $2::bigint, $1, $2, $3, name, jsonb_build_object('question', $4::text), requested_fields, answered_fields,
              answer_schema, allow_multiple_answers from notification_types where name = 'user_question_request' returning id`,
      questionsCorrelation,
      merchantId,
      conversationId,
      mark,
    );
    await insert(
      'insert into deleted_notifications (id, merchant_id) values (800000000 + $1::bigint, $1) on conflict do nothing',
      merchantId,
    );
    return {
      message: await message('somebody', SHARED.login),
      written: await message(SHARED.login, 'somebody'),
      owed,
      deadLetter,
      action: action as string,
      user,
      agent,
      query,
      type,
      question: Number(question),
      questionsCorrelation,
    };
  } finally {
    await pool.end();
  }
}
