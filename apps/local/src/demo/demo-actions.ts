import type { RecordAction } from '@herald/contracts';
import { type Database, ACTION_STATEMENTS } from '@herald/database';
import { COMPANIES } from '@herald/operator';

/** The documented sample notification (contracts README, "Demo data"). */
const SAMPLE = {
  id: '123e4567-e89b-12d3-a456-426614174000',
  recipientId: '123e4567-e89b-12d3-a456-426614174003',
  createdAt: new Date('2024-01-10T10:00:00Z'),
  body: {
    notification_type: 'email_sent',
    priority: 'medium',
    title: 'Agent sent email to customer',
    message: 'Support Agent sent follow-up email to customer regarding billing inquiry #12345',
    metadata: {
      agent_id: '123e4567-e89b-12d3-a456-426614174008',
      query_id: '123e4567-e89b-12d3-a456-426614174009',
      action_type: 'email_sent',
      recipient_email: 'customer@example.com',
      email_subject: 'Follow-up on your billing inquiry',
      tool_used: 'email_tool',
      execution_time: '2.3s',
    },
    action_url: 'https://app.aloochat.ai/queries/123e4567-e89b-12d3-a456-426614174009',
    expires_at: '2024-01-15T06:00:00.000Z',
    sender_id: '123e4567-e89b-12d3-a456-426614174002',
    sender: { id: '123e4567-e89b-12d3-a456-426614174008', email: 'agent@aloochat.ai', name: 'Support Agent' },
    recipients: [{ id: '123e4567-e89b-12d3-a456-426614174004', email: 'user@example.com', name: 'John Doe' }],
  } satisfies RecordAction,
};

/** Records the sample for the first company, once. Later changes to it stay. */
export async function insertActions(database: Database): Promise<void> {
  const { id, recipientId, createdAt, body } = SAMPLE;
  const recorded = [[id], [COMPANIES[0]?.id], [JSON.stringify(body)], [createdAt], [createdAt]];
  await database.query(ACTION_STATEMENTS.writeDirect, recorded);
  await database.query('update agent_action_recipients set id = $2 where notification_id = $1', [id, recipientId]);
}
