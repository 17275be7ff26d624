import { badRequest, type NotificationItem } from '@herald/contracts';
import { Database, type Sql } from '@herald/database';
import { Injectable } from '@nestjs/common';
import { type ListParams, writeCursor } from './merchant-answers.params.js';

type Row = Omit<NotificationItem, 'created_at' | 'updated_at'> & { created_at: Date; updated_at: Date };

const MAX_ITEMS = 1000;

/** Integers up to 2^53 as numbers, which pg would return as text; the context includes the conversation's lead. */
const ITEM = `n.id::float8, n.notification_type, n.status, n.created_at, n.updated_at, n.conversation_id::float8,
  jsonb_strip_nulls(jsonb_build_object('lead_phone', c.lead_phone, 'lead_name', c.lead_name)) || n.context as context,
  n.requested_fields, n.answered_fields`;

/** Reads the notifications of merchants. */
@Injectable()
export class MerchantAnswersQuery {
  constructor(private readonly database: Database) {}

  /** Returns a page of the merchant's notifications, newest first. */
  page(merchantId: number, filter: ListParams) {
    return this.database.asMerchant(merchantId, async (tx) => {
      if (filter.notification_types) await refuseUnknown(tx, filter.notification_types);
      const rows = await tx.query<Row>(pageStatement(filter), [
        merchantId,
        filter.cursor ?? Number.MAX_SAFE_INTEGER,
        filter.notification_types ?? null,
      ]);
      const data = rows.slice(0, MAX_ITEMS);
      const last = rows.length > MAX_ITEMS ? data.at(-1) : undefined;
      return { data, nextCursor: last && writeCursor(last.id) };
    });
  }
}

/** The status is part of the statement text, so that the partial index of open notifications is used. */
const pageStatement = ({ status, notification_types }: ListParams) => `
  select ${ITEM}
    from (select * from notifications
           where merchant_id = $1 and id < $2 ${status ? `and status = '${status}'` : ''}
             ${notification_types ? 'and notification_type = any($3)' : 'and $3::text[] is null'}
           order by id desc limit ${MAX_ITEMS + 1}) n
    join conversations c on c.id = n.conversation_id and c.merchant_id = n.merchant_id
   order by n.id desc`;

async function refuseUnknown(tx: Sql, names: string[]): Promise<void> {
  const known = await tx.query<{ name: string }>('select name from notification_types where name = any($1)', [names]);
  const unknown = names.find((given) => !known.some(({ name }) => name === given));
  if (unknown === undefined) return;
  const message = 'is not a known notification type';
  throw badRequest(`notification_types ${message}`, [{ field: 'notification_types', message }]);
}
