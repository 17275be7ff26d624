/** Columns of `feed_messages`, named as in `FeedItem`. */
export const FEED_ITEM = `id, tab, title, body, author_login as "authorLogin", recipient_login as "recipientLogin", question,
  metadata, status, read_at as "readAt", created_at as "createdAt", delivered_at as "deliveredAt"`;
