import { settingsReader, wholeNumber, WorkerEnv } from '@herald/bootstrap';
import { z } from 'zod';

const isOn = z.enum(['on', 'off'], 'must be on or off').default('off');

const MerchantAnswersEnv = WorkerEnv.extend({
  MERCHANT_ANSWERS_CONCURRENCY: wholeNumber(100, 1, 1000).describe('jobs in progress at once'),
  MERCHANT_EVENTS: isOn.describe('`on` once a consumer of `merchant-answers.events` is there'),
  MERCHANT_ANSWERED_EVENTS: isOn.describe(
    '`on` while a consumer of the old queue `merchant-answers.answered` is there; goes with the next version',
  ),
  QUESTIONS_DAYS: wholeNumber(0, 0, 36_500).describe(
    'questions that ended longer ago are removed, 0 keeps everything; see What is kept, and for how long',
  ),
  RETENTION_EVERY_MS: wholeNumber(600_000, 100, 86_400_000).describe('how often the worker looks for them'),
});

/** The settings that the merchant-answers worker reads from its environment. */
export const env = settingsReader(MerchantAnswersEnv);
