-- $1: ["123e4567-e89b-12d3-a456-426614174000"]
-- $2: "delivery"
-- $3: "[{\"step\":\"attempt\",\"at\":\"2025-03-05T10:31:00.000Z\",\"attempt\":1,\"detail\":\"it failed\"}]"
update outbox
set alone = true, job_id = null, queued_at = null,
  history = history || jsonb_build_array(jsonb_build_object('step', 'queued', 'at', to_char(queued_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'))) || $3::jsonb
where id = any ($1::uuid[])
  and queue = $2;
