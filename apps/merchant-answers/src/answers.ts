import { type CommandResult, type Done, type JsonObject, keyReused } from '@herald/contracts';
import {
  bodyHash,
  Database,
  findQuestion,
  type FoundQuestion,
  isDuplicateKey,
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
  /** True when a caller waits for the result. Then the answer is neither in the outbox nor among the dead letters. */
  awaited: boolean;
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
    const earlier = earlierVerdict(found, given);
    if (earlier) return { verdict: earlier, replayed: true };
    const answer = checkAnswer(found.notification_id === null ? undefined : found, body);
    return (await this.write(given, answer)) ? { verdict: DONE, replayed: false } : undefined;
  }

  private async write(given: GivenAnswer, answer: Record<string, string>): Promise<boolean> {
    const { correlationId, notificationId, merchantId, hash } = given;
    const stored = {
      correlationId,
      notificationId,
      merchantId,
      hash,
      verdict: DONE,
      answer,
      oldEventId: this.events.oldIdOf(correlationId),
      ...this.events.of(merchantId),
    };
    try {
      if (given.awaited) return await writeAnswer(this.database, stored);
      return await this.database.transaction(async (tx) => {
        const isWritten = await writeAnswer(tx, stored);
        if (isWritten) await settleCommand(tx, correlationId);
        return isWritten;
      });
    } catch (error) {
      if (isDuplicateKey(error)) return false;
      throw error;
    }
  }
}

/** Returns the verdict that the same command received earlier, if any. */
function earlierVerdict(found: FoundQuestion, { correlationId, hash, body }: GivenAnswer): Done | undefined {
  if (found.body_hash) {
    if (!found.body_hash.equals(hash)) throw keyReused();
    return found.verdict as Done;
  }
  // The notification outlives the record.
  if (found.answer_id !== correlationId) return undefined;
  const before = checkAnswer({ ...found, status: 'requested' }, body);
  if (!bodyHash(before).equals(bodyHash(found.answer))) throw keyReused();
  return DONE;
}
