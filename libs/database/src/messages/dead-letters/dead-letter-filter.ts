/** Selects dead letters; absent fields match all. */
export interface DeadLetterFilter {
  ids?: string[];
  queue?: string;
  job?: string;
  companyId?: string;
  correlationId?: string;
  /** Part of the error's text, regardless of case. */
  error?: string;
  /** Given up at this time or later. */
  since?: Date;
  /** Given up before this time. */
  until?: Date;
}

/** A condition on `dead_letters`, with `valuesOf` as $1 to $8. */
export const MATCHES = `
  ($1::bigint[] is null or id = any($1)) and ($2::text is null or queue = $2) and ($3::text is null or job = $3)
  and ($4::uuid is null or company_id = $4) and ($5::uuid is null or correlation_id = $5)
  and ($6::text is null or position(lower($6) in lower(error)) > 0)
  and ($7::timestamptz is null or given_up_at >= $7) and ($8::timestamptz is null or given_up_at < $8)`;

export const valuesOf = (filter: DeadLetterFilter): unknown[] => [
  filter.ids ?? null,
  filter.queue ?? null,
  filter.job ?? null,
  filter.companyId ?? null,
  filter.correlationId ?? null,
  filter.error ?? null,
  filter.since ?? null,
  filter.until ?? null,
];
