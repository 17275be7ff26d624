import fc from 'fast-check';
import { GOOD_ADDRESSES, GOOD_TIMES } from './rules.js';
import { nearly, numbers, text, unit, uuid, wild } from './generated-values.js';

/** Objects of the sender's own: mostly within bounds. */
const bounded = fc.dictionary(
  fc.string({ unit, maxLength: 10 }),
  fc.oneof({ weight: 9, arbitrary: fc.oneof(text(20), numbers, fc.boolean(), fc.constant(null)) }, wild),
  { maxKeys: 6, noNullPrototype: true },
);
const person = fc.record(
  { id: uuid, email: fc.constantFrom('a@b', 'ü@x.example', null), name: fc.option(text(200)) },
  { requiredKeys: ['id'] },
);

const message = fc.record(
  {
    message: fc.record(
      {
        title: text(30),
        body: text(280),
        authorLogin: text(100),
        recipientLogin: text(100),
        question: fc.option(text(280)),
      },
      { requiredKeys: ['title', 'body', 'authorLogin', 'recipientLogin'] },
    ),
    metadata: fc.option(bounded),
  },
  { requiredKeys: ['message'] },
);

/** Bodies that are good, but for a character now and then. */
export const bodies = {
  message,
  /** Some of its messages are bad. */
  batch: fc.record({
    messages: fc.array(fc.oneof({ weight: 5, arbitrary: message }, { weight: 3, arbitrary: nearly(message) }, wild), {
      maxLength: 5,
    }),
  }),
  action: fc.record(
    {
      notification_type: fc.constantFrom('system', 'email_sent', 'x', 'a'.repeat(50)),
      title: text(200),
      message: text(2000),
      priority: fc.constantFrom('low', 'medium', 'high', 'urgent', null),
      metadata: fc.option(
        fc
          .tuple(
            bounded,
            fc.record({ agent_id: fc.oneof(text(200), numbers), query_id: text(50) }, { requiredKeys: [] }),
          )
          .map(([free, known]) => ({ ...free, ...known })),
      ),
      action_url: fc.constantFrom(...GOOD_ADDRESSES, null),
      expires_at: fc.constantFrom(...GOOD_TIMES, null),
      sender_id: fc.option(uuid),
      sender: fc.option(person),
      recipients: fc.option(fc.array(person, { maxLength: 4 })),
    },
    { requiredKeys: ['notification_type', 'title', 'message'] },
  ),
  status: fc.record({ status: fc.constantFrom('unread', 'read', 'archived') }),
  nothing: fc.constantFrom({}, null),
  answer: fc.oneof(
    fc.record({ answer: text(10_000) }),
    fc.record({ agent_response_to_customer: text(1000), resolution_notes: text(1000) }),
  ),
  question: fc.oneof(
    fc.record({
      notification_type: fc.constant('user_question_request'),
      conversation_id: fc.constantFrom(456, 789),
      context: fc.tuple(bounded, text(200)).map(([more, question]) => ({ ...more, question })),
    }),
    fc.record({
      notification_type: fc.constant('user_support_request'),
      conversation_id: fc.constant(456),
      context: fc.record({ support_request_reason: text(200), lead_phone: fc.option(text(20)) }),
    }),
  ),
};
