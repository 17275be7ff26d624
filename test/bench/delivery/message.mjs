/** The messages to send: of ordinary size, to 1,000 recipients in turn. */
export const messages = Array.from({ length: 1000 }, (_, n) => ({
  message: {
    title: 'Sales of your store',
    body: 'Yesterday closed 12% above the same day of last week. Dairy and bakery grew most, cleaning products fell.',
    authorLogin: 'admin',
    recipientLogin: `reader-${n}`,
    question: 'sales by department yesterday',
  },
  metadata: { campaign: 'daily-sales' },
}));
