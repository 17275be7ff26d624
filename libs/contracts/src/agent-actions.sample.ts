/** The notification in the documented sample response (contracts README, "The notification"). */
export const SAMPLE = {
  id: '123e4567-e89b-12d3-a456-426614174000',
  company_id: '123e4567-e89b-12d3-a456-426614174001',
  sender_id: '123e4567-e89b-12d3-a456-426614174002',
  notification_type: 'email_sent',
  priority: 'medium',
  status: 'unread',
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
  created_at: '2024-01-10T10:00:00.000Z',
  updated_at: '2024-01-10T10:00:00.000Z',
  sender: {
    id: '123e4567-e89b-12d3-a456-426614174008',
    email: 'agent@aloochat.ai',
    name: 'Support Agent',
  },
  recipients: [
    {
      id: '123e4567-e89b-12d3-a456-426614174003',
      notification_id: '123e4567-e89b-12d3-a456-426614174000',
      user_id: '123e4567-e89b-12d3-a456-426614174004',
      status: 'unread',
      read_at: null,
      user: { id: '123e4567-e89b-12d3-a456-426614174004', email: 'user@example.com', name: 'John Doe' },
    },
  ],
};
