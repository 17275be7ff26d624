import { recordEffects, run } from '@herald/bootstrap';
import { merchantAnswers } from '@herald/contracts';
import { Database, ENDED_QUESTIONS } from '@herald/database';
import { startWorker } from '@herald/worker';
import { Answers } from './answers.js';
import { MerchantAnswersConsumer } from './merchant-answers.consumer.js';
import { env } from './merchant-answers.env.js';

run(() => {
  const settings = env();
  return startWorker({
    contract: merchantAnswers,
    consumer: MerchantAnswersConsumer,
    settings,
    concurrency: settings.MERCHANT_ANSWERS_CONCURRENCY,
    retention: {
      rules: [{ kept: ENDED_QUESTIONS, age: settings.QUESTIONS_DAYS }],
      everyMs: settings.RETENTION_EVERY_MS,
    },
    providers: [
      {
        provide: Answers,
        inject: [Database],
        useFactory: (database: Database) => new Answers(database, settings.MERCHANT_ANSWERED_EVENTS === 'on'),
      },
    ],
    onRun({ queue, job, queuedAt, failed }) {
      // Every job but `owed` is one message or command of its own.
      if (job !== 'owed' && !failed) recordEffects(queue, [queuedAt]);
    },
  });
});
