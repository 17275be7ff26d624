/**
 * Execution times are counted in buckets, each a tenth longer than the one before; `time_bucket_of` in the database
 * assigns them. The value in the middle of a bucket is at most 4.8 % from any other in it.
 */
const GROWTH = 1.1;
/** The bucket of execution times that could not be understood. */
const IGNORED = '-1';

/** The number of execution times by bucket. */
export type Times = Record<string, number>;

const middleOf = (bucket: number) => (bucket === 0 ? 1 : (2 * GROWTH ** bucket) / (GROWTH + 1));
const rounded = (ms: number) => Number(ms.toPrecision(4));

/** Summarises execution times (contracts README, "Agents and tools"). */
export function summaryOf({ [IGNORED]: ignored = 0, ...times }: Times) {
  const buckets = Object.entries(times)
    .map(([bucket, count]) => ({ bucket: Number(bucket), count }))
    .toSorted((a, b) => a.bucket - b.bucket);
  const measured = buckets.reduce((sum, { count }) => sum + count, 0);
  return { measured, ignored, p50_ms: percentile(buckets, measured, 0.5), p95_ms: percentile(buckets, measured, 0.95) };
}

/** Returns the smallest value that at least this share of all values does not exceed; null without values. */
function percentile(buckets: { bucket: number; count: number }[], measured: number, share: number): number | null {
  let left = Math.ceil(measured * share);
  for (const { bucket, count } of buckets) {
    left -= count;
    if (left <= 0) return rounded(middleOf(bucket));
  }
  return null;
}
