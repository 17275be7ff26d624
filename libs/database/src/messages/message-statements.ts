/** Statements that write the messages of one product, each for all messages of a job or batch. */
export interface MessageStatements {
  /**
   * $1 outbox ids, $2 queued at, $3 started at. Moves messages from the outbox to the product's table, all or none.
   * Returns the acceptance time of each as `accepted_at`, and the columns by which its audiences are known.
   */
  moveOwed: string;
  /** $1 id. Removes a message from the outbox if the product's table has an identical one; returns its id. */
  leaveTwin: string;
  /**
   * $1 ids, $2 companies, $3 bodies, $4 queued at, $5 started at. Writes nothing for companies that do not exist.
   * Returns the ids of new rows, and the columns by which their audiences are known.
   */
  writeDirect: string;
  /** Parameters as for `writeDirect`. Returns the ids of messages that already exist, identical in content. */
  findTwins: string;
}
