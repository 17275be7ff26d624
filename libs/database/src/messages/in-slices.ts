import type { CommandResult } from '@herald/contracts';
import type { Database, Sql } from '../connection/database.js';
import { bodyHash, claim, type CommandOrigin, record, type Recorded, resultOf } from './once.js';

/** The verdict of a command that is not done yet, as it is recorded. */
interface Unfinished<Verdict> {
  unfinished: Verdict;
}
type Stored<Verdict> = Verdict | Unfinished<Verdict>;

/** The effect of one slice: the verdict so far, and whether the command is done. */
export interface Slice<Verdict> {
  verdict: Verdict;
  done: boolean;
}

/** $1 id. Waits for another run of the same command, which may be in the middle of a slice. */
const LOCK = 'select verdict, created_at, correlation_ids from requests where id = $1 for update';

const isUnfinished = <Verdict extends object>(verdict: Stored<Verdict>): verdict is Unfinished<Verdict> =>
  'unfinished' in verdict;

const unfinishedOf = <Verdict extends object>(verdict: Stored<Verdict>): Verdict | undefined =>
  isUnfinished(verdict) ? verdict.unfinished : undefined;

/**
 * As `once`, for an effect that is too large for one transaction. Each slice has its own, with the record of what was
 * done so far: a retry after a crash goes on from there, and its verdict tells of all slices.
 *
 * @throws Refusal 422 when the id was used with another body
 */
export async function inSlices<Verdict extends object>(
  database: Database,
  id: string,
  body: unknown,
  slice: (tx: Sql, before: Verdict | undefined) => Promise<Slice<Verdict>>,
  origin: CommandOrigin,
): Promise<CommandResult<Verdict>> {
  const hash = bodyHash(body);
  const next = async (tx: Sql): Promise<CommandResult<Verdict> | undefined> => {
    let earlier = await claim<Stored<Verdict>>(tx, id, hash, origin);
    if (earlier && isUnfinished(earlier.verdict)) [earlier] = await tx.query<Recorded<Stored<Verdict>>>(LOCK, [id]);
    if (earlier && !isUnfinished(earlier.verdict)) return resultOf(earlier.verdict, earlier, true);
    const { verdict, done } = await slice(tx, earlier && unfinishedOf(earlier.verdict));
    const recorded = await record(tx, id, done ? verdict : { unfinished: verdict });
    return done ? resultOf(verdict, recorded, false) : undefined;
  };
  for (;;) {
    const result = await database.transaction(next);
    if (result) return result;
  }
}
