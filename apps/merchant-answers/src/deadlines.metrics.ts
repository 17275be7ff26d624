import { registry } from '@herald/bootstrap';
import type { MarkedQuestion } from '@herald/database';
import { Counter, Histogram } from 'prom-client';

const registers = [registry];

const lateness = new Histogram({
  name: 'herald_question_expiry_delay_seconds',
  help: 'from the time at which a question ends to its expiry',
  buckets: [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 1800],
  registers,
});

const expired = new Counter({ name: 'herald_questions_expired_total', help: 'questions that expired', registers });

const reminded = new Counter({
  name: 'herald_questions_reminded_total',
  help: 'questions that were reminded of before their end',
  registers,
});

export function recordExpired(questions: MarkedQuestion[]): void {
  expired.inc(questions.length);
  for (const { sinceEnd } of questions) lateness.observe(Math.max(0, sinceEnd));
}

export const recordReminded = (questions: MarkedQuestion[]): void => reminded.inc(questions.length);
