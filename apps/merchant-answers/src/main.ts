import { recordEffects, run } from '@herald/bootstrap';
import { merchantAnswers } from '@herald/contracts';
import { DELETED_QUESTIONS, ENDED_QUESTIONS } from '@herald/database';
import { startWorker } from '@herald/worker';
import { Answers } from './answers.js';
import { Deadlines } from './deadlines.js';
import { Events } from './events.js';
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
      rules: [ENDED_QUESTIONS, DELETED_QUESTIONS].map((kept) => ({ kept, age: settings.QUESTIONS_DAYS })),
      everyMs: settings.RETENTION_EVERY_MS,
    },
    providers: [
      {
        provide: Events,
        useValue: new Events(settings.MERCHANT_EVENTS === 'on', settings.MERCHANT_ANSWERED_EVENTS === 'on'),
      },
      Answers,
      Deadlines,
    ],
    onRun({ queue, job, queuedAt, failed }) {
      // Every job but `owed` is one message or command of its own.
      if (job !== 'owed' && !failed) recordEffects(queue, [queuedAt]);
    },
  });
});
