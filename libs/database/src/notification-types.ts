import type { NotificationType } from '@herald/contracts';
import type { Sql } from './database.js';

const COLUMNS = 'name, requested_fields, answered_fields, context_schema, answer_schema, allow_multiple_answers';

/** A type of the registry, or undefined. */
export async function findType(sql: Sql, name: string): Promise<NotificationType | undefined> {
  const [type] = await sql.query<NotificationType>(`select ${COLUMNS} from notification_types where name = $1`, [name]);
  return type;
}

export function listTypes(sql: Sql): Promise<NotificationType[]> {
  return sql.query<NotificationType>(`select ${COLUMNS} from notification_types order by name`);
}

/**
 * Adds a type to the registry; with `replace` also in place of one of the same name. Notifications that were made
 * earlier keep the rules they were made with.
 * @returns false when there is one of this name and it was not to be replaced
 */
export async function saveType(sql: Sql, type: NotificationType, replace: boolean): Promise<boolean> {
  const saved = await sql.query(
    `insert into notification_types (${COLUMNS}) values ($1, $2, $3, $4, $5, $6)
     on conflict (name) do ${replace ? `update set (${COLUMNS}) = row(${COLUMNS.replaceAll(/\w+/g, 'excluded.$&')})` : 'nothing'}
     returning name`,
    [
      type.name,
      type.requested_fields,
      type.answered_fields,
      JSON.stringify(type.context_schema),
      JSON.stringify(type.answer_schema),
      type.allow_multiple_answers,
    ],
  );
  return saved.length > 0;
}
