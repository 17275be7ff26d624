import { isoTime } from '../connection/iso-time.js';

/** What happens to a question: the jobs of `merchant-answers.events`. */
type Happening = 'requested' | 'answered' | 'dismissed' | 'expired' | 'reminded';

interface EventOf {
  happening: Happening;
  /** Rows of `notifications` to which it happened, with an `event_id` each. */
  rows: string;
  at: string;
  tenant: string;
  traceparent?: string;
  /** By default that of the question. */
  correlationId?: string;
  /** Further fields, as arguments of `jsonb_build_object`. */
  more?: string;
}

/** Columns of the rows of an event. */
export const WITH_EVENT_ID = '*, gen_random_uuid() as event_id';

/** Conversation `c` and question `n`, as `QuestionEvent`. */
export const eventData = ({
  happening,
  at,
  correlationId = 'n.correlation_id',
  more,
}: Omit<EventOf, 'rows' | 'tenant'>) =>
  `'correlationId', ${correlationId}, '${happening}_at', ${isoTime(at)}, 'merchant_id', n.merchant_id,
   'conversation', jsonb_build_object('id', c.id, 'lead_phone', c.lead_phone, 'lead_name', c.lead_name),
   'question', n.context${more ? `, ${more}` : ''}`;

/** The question of an event. */
export const EVENT_NOTIFICATION = `jsonb_build_object('id', n.id, 'correlationId', n.correlation_id,
     'notification_type', n.notification_type, 'created_at', ${isoTime('n.created_at')})`;

/** Returns SQL that writes the event of each row, to be published on `merchant-answers.events`. */
export const insertEvents = (event: EventOf, condition: string): string => `
  insert into outbox (id, queue, job, company_id, accepted_at, traceparent, body)
  select n.event_id, 'merchant-answers.events', '${event.happening}', ${event.tenant}, ${event.at}, ${event.traceparent ?? 'null'},
         jsonb_build_object('v', 1, 'id', n.event_id, 'notification', ${EVENT_NOTIFICATION}
           || jsonb_build_object('expires_at', ${isoTime('n.expires_at')}), ${eventData(event)})
    from ${event.rows} n join conversations c on c.id = n.conversation_id
   where ${condition}`;
