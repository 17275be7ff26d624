/**
 * A place in the order of commits: behind all changes of transactions before `change`, and behind those of the
 * transaction `change` up to `row`.
 */
export interface Position {
  change: string;
  row?: string;
}

const UUID = '[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}';
const TEXTS = {
  uuid: new RegExp(`^([1-9]\\d{0,17})(?:\\.(${UUID}))?$`),
  bigint: /^([1-9]\d{0,17})(?:\.(\d{1,18}))?$/,
};

export const writePosition = ({ change, row }: Position): string => (row === undefined ? change : `${change}.${row}`);

/** Returns undefined for a text that is no position among rows with such ids. */
export function readPosition(text: string, ids: 'uuid' | 'bigint'): Position | undefined {
  const [, change, row] = TEXTS[ids].exec(text) ?? [];
  return change ? { change, ...(row ? { row } : {}) } : undefined;
}

/** Returns true when `one` comes after `other`. */
export function isLater(one: Position, other: Position): boolean {
  if (one.change !== other.change) return BigInt(one.change) > BigInt(other.change);
  if (one.row === undefined || other.row === undefined) return one.row !== undefined && other.row === undefined;
  return one.row.length === other.row.length ? one.row > other.row : one.row.length > other.row.length;
}
