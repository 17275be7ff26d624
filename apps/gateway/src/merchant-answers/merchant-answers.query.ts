import { badRequest } from '@herald/contracts';
import { Database, findKnownTypes, listNotifications, type Sql } from '@herald/database';
import { Injectable } from '@nestjs/common';
import { type ListParams, writeCursor } from './merchant-answers.params.js';

const MAX_ITEMS = 1000;

/** Reads the notifications of merchants. */
@Injectable()
export class MerchantAnswersQuery {
  constructor(private readonly database: Database) {}

  /** @throws Refusal for a name that is no notification type */
  async refuseUnknownTypes(merchantId: number, names: string[] = []): Promise<void> {
    if (names.length > 0) await this.database.asMerchant(merchantId, (tx) => refuseUnknown(tx, names));
  }

  /** Returns a page of the merchant's notifications, newest first. */
  page(merchantId: number, filter: ListParams) {
    return this.database.asMerchant(merchantId, async (tx) => {
      if (filter.notification_types) await refuseUnknown(tx, filter.notification_types);
      const rows = await listNotifications(tx, {
        merchantId,
        before: filter.cursor ?? Number.MAX_SAFE_INTEGER,
        status: filter.status,
        types: filter.notification_types,
        limit: MAX_ITEMS + 1,
      });
      const data = rows.slice(0, MAX_ITEMS);
      const last = rows.length > MAX_ITEMS ? data.at(-1) : undefined;
      return { data, nextCursor: last && writeCursor(last.id), position: tx.horizon };
    });
  }
}

async function refuseUnknown(tx: Sql, names: string[]): Promise<void> {
  const known = await findKnownTypes(tx, names);
  const unknown = names.find((given) => !known.includes(given));
  if (unknown === undefined) return;
  const message = 'is not a known notification type';
  throw badRequest(`notification_types ${message}`, [{ field: 'notification_types', message }]);
}
