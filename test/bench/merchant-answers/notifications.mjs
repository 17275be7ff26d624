/** Open notifications of the demo's first merchant, all at once, in the tables that a URL leads to; the ids of the new ones. */
export async function makeNotifications(servers, count, databaseUrl) {
  const rows = await servers.sql(
    `with made as (
       insert into notifications (correlation_id, merchant_id, conversation_id, notification_type, context,
                                  requested_fields, answered_fields, answer_schema, allow_multiple_answers)
       select gen_random_uuid(), 1, 456, name, '{"question": "Do you ship internationally?"}',
              requested_fields, answered_fields, answer_schema, allow_multiple_answers
         from public.notification_types, generate_series(1, $1) where name = 'user_question_request'
       returning id)
     select min(id)::int as first, max(id)::int as last from made`,
    [count],
    databaseUrl,
  );
  const [{ first, last }] = rows;
  await servers.sql('vacuum analyze notifications', [], databaseUrl);
  return { first, last };
}
