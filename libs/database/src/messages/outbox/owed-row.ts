/** The order in which a company's unpublished messages are fed. */
export const LANE = { urgent: 0, ordinary: 1 } as const;

/** The fields of an outbox row that determine its job. */
export interface OwedRow {
  id: string;
  queue: string;
  alone: boolean;
  urgent: boolean;
  traceparent: string | null;
}

/** The columns of a row as selected. */
export type StoredRow = Omit<OwedRow, 'queue' | 'urgent'> & { lane: number };

export const owedRow = (queue: string, { lane, ...row }: StoredRow): OwedRow => ({
  ...row,
  queue,
  urgent: lane === LANE.urgent,
});
