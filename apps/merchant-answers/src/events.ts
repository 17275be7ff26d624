import { activeTraceparent, answeredEventId, merchantTenant } from '@herald/contracts';
import type { EventTarget } from '@herald/database';

/** Which events are written for other systems, in the transactions of what happens to questions. */
export class Events {
  /**
   * @param areWritten true to write what happens to questions for `merchant-answers.events`
   * @param toOldQueue true to write answers for `merchant-answers.answered`
   */
  constructor(
    readonly areWritten: boolean,
    private readonly toOldQueue: boolean,
  ) {}

  /** Returns how a command writes the event of a merchant's question. */
  of(merchantId: number): EventTarget {
    return { tenant: merchantTenant(merchantId), traceparent: activeTraceparent(), writesEvent: this.areWritten };
  }

  /** Returns the id of an answer's event on the old queue; null when none is written there. */
  oldIdOf(answerId: string): string | null {
    return this.toOldQueue ? answeredEventId(answerId) : null;
  }
}
