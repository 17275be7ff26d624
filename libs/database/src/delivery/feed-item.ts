/** The columns of `feed_messages` as `FeedItem` names them. */
export const FEED_ITEM = `id, tab, title, body, author_login as "authorLogin", recipient_login as "recipientLogin", question,
  metadata, status, read_at as "readAt", created_at as "createdAt", delivered_at as "deliveredAt"`;
