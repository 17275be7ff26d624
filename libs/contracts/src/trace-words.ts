import type { MessageTrace } from './delivery.dto.js';

/** Returns the state of a message for people, in the API's words. */
export const stateWords = (state: MessageTrace['state']): string => state.replace('_', ' ');

/** The steps of a trace, for people. */
export const STEP_WORDS: Record<MessageTrace['steps'][number]['step'], string> = {
  accepted: 'accepted by a gateway',
  queued: 'put on the queue',
  attempt: 'taken up by a worker',
  delivered: 'delivered',
  given_up: 'given up',
  replayed: 'sent back by an operator',
};
