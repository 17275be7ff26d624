import type { QueryDeepPartialEntity } from 'typeorm';
import { insertNew } from '../accounts/accounts.js';
import type { Database } from '../connection/database.js';
import { NotificationType } from '../schema/entities/notification-type.entity.js';

/** Returns a type of the registry, or null. */
export const findType = (database: Database, name: string): Promise<NotificationType | null> =>
  database.repository(NotificationType, (types) => types.findOneBy({ name }));

export const listTypes = (database: Database): Promise<NotificationType[]> =>
  database.repository(NotificationType, (types) => types.find({ order: { name: 'ASC' } }));

/**
 * Adds a type to the registry; with `replace` it may overwrite a type of the same name. Existing notifications keep the
 * rules they were created with.
 * @returns false when the name exists and `replace` is false
 */
export const saveType = (
  database: Database,
  type: Omit<NotificationType, 'createdAt'>,
  replace: boolean,
): Promise<boolean> =>
  database.repository(NotificationType, async (types) => {
    const row = type as QueryDeepPartialEntity<NotificationType>;
    if (!replace) return insertNew(types, row);
    await types.upsert(row, ['name']);
    return true;
  });
