import { isUtf8 } from 'node:buffer';
import { randomUUID } from 'node:crypto';
import type { RedisClient } from './connection.js';

/** BullMQ's own keys of a queue: a job with such an id uses the key of one. */
const RESERVED = new Set(
  'active wait waiting-children paused id delayed prioritized stalled-check completed failed stalled repeat limiter meta events pc marker de'.split(
    ' ',
  ),
);
export const isReservedId = (jobId: string): boolean => RESERVED.has(jobId);

/** Own keys that are hashes themselves: a job with such an id mixes its fields with those of BullMQ. */
const HASHES = ['meta', 'de'];
const OTHERS = [...RESERVED].filter((name) => !HASHES.includes(name));
/** Fields of a job's hash; none of BullMQ's own in `meta` is among them. */
const JOB_FIELDS =
  'name data opts timestamp delay priority processedOn finishedOn atm ats stc returnvalue failedReason stacktrace parent parentKey progress tm deid rjk nrjid'.split(
    ' ',
  );

/**
 * KEYS: job, new job, active, wait, marker, stalled. ARGV: id, new id, '1' when the job's key is one of BullMQ's own,
 * names of fields. Gives an active job that BullMQ cannot handle a valid hash, and moves it to the front of the queue. Returns 0 when
 * nothing is wrong.
 */
const MEND = `
local kind = redis.call('TYPE', KEYS[1]).ok
local isHash = kind == 'hash' or kind == 'none'
local moves = KEYS[1] ~= KEYS[2]
local function isCount(field)
  local given = redis.call('HGET', KEYS[1], field)
  return not given or string.match(given, '^%d%d?%d?%d?%d?%d?%d?%d?%d?$') ~= nil
end
if isHash and not moves and isCount('ats') and isCount('stc') then return 0 end
if redis.call('LREM', KEYS[3], 0, ARGV[1]) == 0 then return 0 end
redis.call('SREM', KEYS[6], ARGV[1])
redis.call('DEL', KEYS[1] .. ':lock')
if ARGV[3] == '1' then
  redis.call('HSET', KEYS[2], 'data', cjson.encode(ARGV[1]))
  for seat = 4, #ARGV do
    local value = kind == 'hash' and redis.call('HGET', KEYS[1], ARGV[seat])
    if value then
      redis.call('HSET', KEYS[2], ARGV[seat], value)
      redis.call('HDEL', KEYS[1], ARGV[seat])
    end
  end
  redis.call('HSET', KEYS[2], 'ats', 0, 'stc', 0)
elseif isHash then
  if moves and kind == 'hash' then redis.call('RENAME', KEYS[1], KEYS[2]) end
  redis.call('HSET', KEYS[2], 'ats', 0, 'stc', 0)
else
  local read = { string = { 'GETRANGE', 0, 8388607 }, list = { 'LRANGE', 0, 999 }, set = { 'SRANDMEMBER', 1000 },
                 zset = { 'ZRANGE', 0, 999 } }
  local how = read[kind]
  local text = how and redis.call(how[1], KEYS[1], unpack(how, 2)) or kind
  redis.call('DEL', KEYS[1])
  redis.call('HSET', KEYS[2], 'data', kind == 'string' and text or cjson.encode(text))
end
redis.call('RPUSH', KEYS[4], ARGV[2])
redis.call('ZADD', KEYS[5], 0, '0')
return 1`;

/**
 * KEYS: own key, new job, wait, paused, active, prioritized, delayed, marker. ARGV: id, new id. Gives a job that took
 * one of BullMQ's own keys a key of its own, and puts it at the front of the queue. Returns 0 when nothing is wrong.
 */
const RESTORE = `
if redis.call('TYPE', KEYS[1]).ok ~= 'hash' then return 0 end
redis.call('RENAME', KEYS[1], KEYS[2])
redis.call('HSET', KEYS[2], 'ats', 0, 'stc', 0)
for seat = 3, 7 do
  local kind = redis.call('TYPE', KEYS[seat]).ok
  if kind == 'list' then redis.call('LREM', KEYS[seat], 0, ARGV[1]) end
  if kind == 'zset' then redis.call('ZREM', KEYS[seat], ARGV[1]) end
end
if redis.call('TYPE', KEYS[3]).ok ~= 'hash' then redis.call('RPUSH', KEYS[3], ARGV[2]) end
if redis.call('TYPE', KEYS[8]).ok ~= 'hash' then redis.call('ZADD', KEYS[8], 0, '0') end
return 1`;

/** KEYS: job, active, stalled, completed, failed. ARGV: id. Removes a job from Redis, unless it ended properly. */
const DISCARD = `
if redis.call('ZSCORE', KEYS[4], ARGV[1]) or redis.call('ZSCORE', KEYS[5], ARGV[1]) then return 0 end
redis.call('LREM', KEYS[2], 0, ARGV[1])
redis.call('SREM', KEYS[3], ARGV[1])
return redis.call('DEL', KEYS[1], KEYS[1] .. ':lock', KEYS[1] .. ':logs')`;

/** Jobs of one queue on which BullMQ's scripts fail, so that they would stay active forever. */
export class MalformedJobs {
  constructor(
    private readonly redis: RedisClient,
    private readonly toKey: (name: string) => string,
  ) {}

  /** Returns true for an id that BullMQ cannot use: a reserved one, or one that is no valid UTF-8. */
  isUnusable(jobId: string): boolean {
    return jobId.includes('\ufffd') || RESERVED.has(jobId);
  }

  /**
   * Frees BullMQ's own keys from jobs that have their names as ids: with one of them every script of the queue fails.
   * Returns true when there was one.
   */
  async freeKeys(): Promise<boolean> {
    // Each restored job is put on `wait`, so that key is freed first.
    const names = new Set(['wait', 'marker', ...OTHERS]);
    let freed = false;
    for (const name of names) {
      const newId = randomUUID();
      const keys = [name, newId, 'wait', 'paused', 'active', 'prioritized', 'delayed', 'marker'].map(this.toKey);
      if ((await this.redis.eval(RESTORE, 8, ...keys, name, newId)) === 1) freed = true;
    }
    return freed;
  }

  /** Repairs malformed active jobs and returns their old ids as text. */
  async mend(): Promise<string[]> {
    const active = await this.redis.lrangeBuffer(this.toKey('active'), 0, -1);
    const mended = await Promise.all(active.map((id) => this.mendOne(id)));
    return active.filter((_, seat) => mended[seat]).map(String);
  }

  private async mendOne(id: Buffer): Promise<boolean> {
    const isReserved = RESERVED.has(id.toString());
    const newId = isReserved || !isUtf8(id) ? randomUUID() : id;
    const job = Buffer.concat([Buffer.from(this.toKey('')), id]);
    const newJob = Buffer.concat([Buffer.from(this.toKey('')), Buffer.from(newId)]);
    const keys = ['active', 'wait', 'marker', 'stalled'].map(this.toKey);
    const args = [id, newId, isReserved ? '1' : '', ...(isReserved ? JOB_FIELDS : [])];
    return (await this.redis.eval(MEND, 6, job, newJob, ...keys, ...args)) === 1;
  }

  /** Removes a job whose outcome is stored but which BullMQ could not end. */
  async discard(jobId: string): Promise<void> {
    const keys = [jobId, 'active', 'stalled', 'completed', 'failed'].map(this.toKey);
    await this.redis.eval(DISCARD, 5, ...keys, jobId);
  }
}
