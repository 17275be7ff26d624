import type { World } from '../world.js';

/** Jobs of a list of a queue, with what they carry. */
async function jobsIn(world: World, queue: string, list: string) {
  const ids = await world.eye.lrange(world.key(queue, list), 0, -1);
  const jobs = await Promise.all(ids.map((id) => jobOf(world, queue, id)));
  return jobs.filter((job) => job !== undefined);
}

async function jobOf(world: World, queue: string, id: string) {
  const { name, data, finishedOn } = await world.eye.hgetall(world.key(queue, id));
  if (!name || !data) return undefined;
  const parsed = JSON.parse(data) as { ids?: string[]; $herald?: { replyTo?: string } };
  return { id, name, data: parsed, finishedAt: Number(finishedOn ?? 0) };
}

/** Counts how many of these messages are owed. */
async function owedOf(world: World, ids: string[]): Promise<number> {
  const rows = await world.herald.query('select from outbox where id = any($1::uuid[])', [ids]);
  return rows.length;
}

/** A committed message that was to be published, and whose job Redis does not know. */
export async function hasUnpublished(world: World): Promise<boolean> {
  const rows = await world.herald.query<{ queue: string; job_id: string }>(
    `select distinct queue, job_id from outbox where job_id is not null and queue <> 'merchant-answers.events'
      order by job_id limit 50`,
  );
  const there = await Promise.all(rows.map(({ queue, job_id }) => world.eye.exists(world.key(queue, job_id))));
  return there.includes(0);
}

/** Published messages whose job waits for a worker. */
export async function hasWaiting(world: World, queue: string): Promise<boolean> {
  for (const { name, data } of await jobsIn(world, queue, 'wait')) {
    if (name === 'owed' && (await owedOf(world, data.ids ?? [])) > 0) return true;
  }
  return false;
}

export async function hasBacklog(world: World, queue: string): Promise<boolean> {
  return (
    (await world.herald.query('select from outbox where queue = $1 and job_id is null limit 1', [queue])).length > 0
  );
}

/** The processes of a service that are in a transaction which waits for the lock that we hold. */
export async function inTransaction(world: World, app: string): Promise<string[]> {
  const rows = await world.herald.query<{ name: string }>(
    `select distinct replace(application_name, 'herald-', '') as name from pg_stat_activity
      where application_name like $1 and wait_event_type = 'Lock' and datname = current_database()`,
    [`herald-${app}-%`],
  );
  return rows.map(({ name }) => name);
}

/** A job in work whose messages have all left the outbox. */
export async function hasDoneUnfinished(world: World, queue: string): Promise<boolean> {
  for (const { name, data } of await jobsIn(world, queue, 'active')) {
    if (name === 'owed' && (await owedOf(world, data.ids ?? [])) === 0) return true;
  }
  return false;
}

/** Returns true when a command ended after `since`, so that its caller may not have read the reply. */
export async function hasReplied(world: World, queue: string, since: number): Promise<boolean> {
  const ids = await world.eye.zrangebyscore(world.key(queue, 'completed'), since, '+inf');
  for (const id of ids) if ((await jobOf(world, queue, id))?.data.$herald?.replyTo) return true;
  return false;
}

export async function hasDelayed(world: World, queue: string): Promise<boolean> {
  return (await world.eye.zcard(world.key(queue, 'delayed'))) > 0;
}
