import type { MessageTrace } from './delivery.dto.js';

/** The state of a message in words for people: those of the API. */
export const stateWords = (state: MessageTrace['state']): string => state.replace('_', ' ');

/** The steps of a trace in words for people. */
export const STEP_WORDS: Record<MessageTrace['steps'][number]['step'], string> = {
  accepted: 'accepted by a gateway',
  queued: 'put on the queue',
  attempt: 'taken up by a worker',
  delivered: 'delivered',
  given_up: 'given up',
  replayed: 'sent back by an operator',
};
