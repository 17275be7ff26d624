import { readEnv, whole, WorkerEnv } from '@herald/bootstrap';
import { z } from 'zod';

const MerchantAnswersEnv = WorkerEnv.extend({
  /** Jobs in work at once. Answers among them share statements. */
  MERCHANT_ANSWERS_CONCURRENCY: whole(100, 1, 1000),
  /** `on` when a system consumes the queue `merchant-answers.answered`: each answer then leaves an event. */
  MERCHANT_ANSWERED_EVENTS: z.enum(['on', 'off'], 'must be on or off').default('off'),
});

/** What the merchant-answers worker reads from its environment. */
export const env = () => readEnv(MerchantAnswersEnv);
