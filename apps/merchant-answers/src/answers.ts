import { randomUUID } from 'node:crypto';
import { type CommandResult, type Done, type JobRun, type JsonObject, keyReused } from '@herald/contracts';
import {
  bodyHash,
  Database,
  findQuestion,
  type FoundQuestion,
  isDuplicateKey,
  resultOf,
  settleCommand,
  writeAnswer,
} from '@herald/database';
import { Injectable } from '@nestjs/common';
import { checkAnswer } from './answer-rules.js';
import { Events } from './events.js';

/** The answer of a merchant to a notification. */
interface GivenAnswer {
  correlationId: string;
  merchantId: number;
  notificationId: number;
  body: JsonObject;
  /** The hash of the whole command. */
  hash: Buffer;
  /** When a caller waits for the result, the answer is neither in the outbox nor among the dead letters. */
  run: Pick<JobRun, 'awaited' | 'queuedAt' | 'startedAt'>;
}

const DONE: Done = { message: 'Notification answered successfully' };

/**
 * Stores the answers of merchants: reads the question, checks the answer, and writes it with its record and event in one
 * statement. The statement has the effect of `once`, with two round trips in the place of six.
 */
@Injectable()
export class Answers {
  constructor(
    private readonly database: Database,
    private readonly events: Events,
  ) {}

  /** @throws Refusal with the documented status and message */
  async give(given: GivenAnswer): Promise<CommandResult<Done>> {
    // When another command came between the check and the write, the second attempt sees what it did.
    const result = (await this.attempt(given)) ?? (await this.attempt(given));
    // The correlationId has a record that this service may not read.
    if (!result) throw keyReused();
    return result;
  }

  /** Returns undefined when nothing was written because another command came first. */
  private async attempt(given: GivenAnswer): Promise<CommandResult<Done> | undefined> {
    const { correlationId, notificationId, merchantId, body } = given;
    const found = await findQuestion(this.database, correlationId, notificationId, merchantId);
    const earlier = earlierResult(found, given);
    if (earlier) return earlier;
    const answer = checkAnswer(found.notification_id === null ? undefined : found, body);
    // Under a key that was used before and is forgotten since, the id may be that of the answer before.
    const answerId = found.answer_id === correlationId ? randomUUID() : correlationId;
    const written = await this.write(given, answer, answerId);
    return written && resultOf(DONE, written, false);
  }

  private async write(given: GivenAnswer, answer: Record<string, string>, answerId: string) {
    const { correlationId, notificationId, merchantId, hash, run } = given;
    const stored = {
      correlationId,
      notificationId,
      merchantId,
      answerId,
      hash,
      verdict: DONE,
      answer,
      oldEventId: this.events.oldIdOf(answerId),
      ...this.events.of(merchantId),
      queuedAt: run.queuedAt,
      startedAt: run.startedAt,
    };
    try {
      if (run.awaited) return await writeAnswer(this.database, stored);
      return await this.database.transaction(async (tx) => {
        const written = await writeAnswer(tx, stored);
        if (written) await settleCommand(tx, correlationId);
        return written;
      });
    } catch (error) {
      if (isDuplicateKey(error)) return undefined;
      throw error;
    }
  }
}

/** Returns the result of the same command, if it was carried out earlier. */
function earlierResult(
  found: FoundQuestion,
  { correlationId, hash, body, run }: GivenAnswer,
): CommandResult<Done> | undefined {
  if (found.body_hash) {
    if (!found.body_hash.equals(hash)) throw keyReused();
    return resultOf(found.verdict as Done, { ...found, created_at: found.created_at as Date }, true);
  }
  // The notification outlives the record, by which alone a caller's key is known. A job without a caller may come again.
  if (run.awaited || found.answer_id !== correlationId) return undefined;
  const before = checkAnswer({ ...found, status: 'requested' }, body);
  if (!bodyHash(before).equals(bodyHash(found.answer))) throw keyReused();
  return { verdict: DONE, replayed: true };
}
