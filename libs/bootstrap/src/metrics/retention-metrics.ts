import { Counter, Histogram } from 'prom-client';
import { registerGauge, registry } from './registry.js';

const registers = [registry];
const labelNames = ['table', 'kind'];
const removed = new Counter({
  name: 'herald_retention_removed_total',
  help: 'rows removed because of their age',
  labelNames,
  registers,
});
const slices = new Histogram({
  name: 'herald_retention_slice_seconds',
  help: 'time to remove one slice of old rows',
  labelNames,
  buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5],
  registers,
});

/** A kind of rows that is removed by its age. */
interface Kind {
  name: string;
  table: string;
}

const labelsOf = ({ name, table }: Kind) => ({ table, kind: name });

/** Records a slice of old rows that was removed. */
export function recordRemoved({ kept, rows, seconds }: { kept: Kind; rows: number; seconds: number }): void {
  removed.inc(labelsOf(kept), rows);
  slices.observe(labelsOf(kept), seconds);
}

/** Registers the age of the oldest row of each kind that is still there. */
export function registerOldestGauge(read: () => Promise<{ kept: Kind; seconds: number }[]>): void {
  registerGauge(
    {
      name: 'herald_retention_oldest_seconds',
      help: 'age of the oldest row that is kept, of what is removed by its age',
      labels: labelNames,
    },
    async () => (await read()).map(({ kept, seconds }) => ({ labels: labelsOf(kept), value: seconds })),
  );
}
