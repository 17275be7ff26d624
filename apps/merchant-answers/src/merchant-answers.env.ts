import { settingsReader, wholeNumber, WorkerEnv } from '@herald/bootstrap';
import { z } from 'zod';

const MerchantAnswersEnv = WorkerEnv.extend({
  MERCHANT_ANSWERS_CONCURRENCY: wholeNumber(100, 1, 1000).describe('jobs in progress at once'),
  MERCHANT_ANSWERED_EVENTS: z
    .enum(['on', 'off'], 'must be on or off')
    .default('off')
    .describe('`on` once a consumer of the events is there'),
});

/** The settings that the merchant-answers worker reads from its environment. */
export const env = settingsReader(MerchantAnswersEnv);
