import type { CommandResult } from '@herald/contracts';
import type { Database, Sql } from '../connection/database.js';
import { bodyHash, claim, record } from './once.js';

/** The verdict of a command that is not done yet, as it is recorded. */
interface Unfinished<Verdict> {
  unfinished: Verdict;
}
type Recorded<Verdict> = Verdict | Unfinished<Verdict>;

/** The effect of one slice: the verdict so far, and whether the command is done. */
export interface Slice<Verdict> {
  verdict: Verdict;
  done: boolean;
}

/** $1 id. Waits for another run of the same command, which may be in the middle of a slice. */
const LOCK = 'select verdict from requests where id = $1 for update';

const isUnfinished = <Verdict extends object>(verdict: Recorded<Verdict>): verdict is Unfinished<Verdict> =>
  'unfinished' in verdict;

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
): Promise<CommandResult<Verdict>> {
  const hash = bodyHash(body);
  const next = (tx: Sql): Promise<Slice<Verdict> & { replayed?: boolean }> => run(tx, id, hash, slice);
  for (;;) {
    const { verdict, done, replayed = false } = await database.transaction(next);
    if (done) return { verdict, replayed };
  }
}

async function run<Verdict extends object>(
  tx: Sql,
  id: string,
  hash: Buffer,
  slice: (tx: Sql, before: Verdict | undefined) => Promise<Slice<Verdict>>,
): Promise<Slice<Verdict> & { replayed?: boolean }> {
  let earlier = (await claim<Recorded<Verdict>>(tx, id, hash))?.verdict;
  if (earlier && isUnfinished(earlier)) {
    const [locked] = await tx.query<{ verdict: Recorded<Verdict> }>(LOCK, [id]);
    earlier = locked?.verdict;
  }
  if (earlier && !isUnfinished(earlier)) return { verdict: earlier, done: true, replayed: true };
  const { verdict, done } = await slice(tx, earlier?.unfinished);
  await record(tx, id, done ? verdict : { unfinished: verdict });
  return { verdict, done };
}
