import { badRequest, NOTIFICATION_STATES, type NotificationCounts } from '@herald/contracts';
import {
  countNotifications,
  Database,
  findKnownTypes,
  findNotification,
  listNotifications,
  type Sql,
} from '@herald/database';
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

  /** Returns undefined when the merchant has no such notification. */
  find(merchantId: number, id: number) {
    return this.database.asMerchant(merchantId, (tx) => findNotification(tx, id, merchantId));
  }

  async counts(merchantId: number): Promise<NotificationCounts> {
    const counts = await this.database.asMerchant(merchantId, (tx) => countNotifications(tx, merchantId));
    const types = [...new Set(counts.map(({ notification_type }) => notification_type))];
    return {
      total: counts.reduce((sum, { count }) => sum + count, 0),
      by_status: byStatus(counts),
      by_type: Object.fromEntries(
        types.map((type) => [type, byStatus(counts.filter(({ notification_type }) => notification_type === type))]),
      ),
    };
  }
}

/** Sums up counts by status; the documented ones are there even with 0. */
function byStatus(counts: { status: string; count: number }[]): Record<string, number> {
  const sums: Record<string, number> = Object.fromEntries(NOTIFICATION_STATES.map((status) => [status, 0]));
  for (const { status, count } of counts) sums[status] = (sums[status] ?? 0) + count;
  return sums;
}

async function refuseUnknown(tx: Sql, names: string[]): Promise<void> {
  const known = await findKnownTypes(tx, names);
  const unknown = names.find((given) => !known.includes(given));
  if (unknown === undefined) return;
  const message = 'is not a known notification type';
  throw badRequest(`notification_types ${message}`, [{ field: 'notification_types', message }]);
}
