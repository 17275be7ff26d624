import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { parser } from '@prometheus-io/lezer-promql';
import { parse } from 'yaml';

interface Metric {
  name: string;
  type: 'counter' | 'gauge' | 'histogram';
  labels: string[];
  help: string;
}

/** The one list of Herald's metrics. */
export const METRICS = parse(
  readFileSync(resolve(__dirname, '../../docker/prometheus/metrics.yaml'), 'utf8'),
) as Metric[];

/** The labels that Prometheus adds to each series itself. */
const SCRAPED = ['job', 'instance', 'service'];

const series = new Map<string, string[]>([['up', SCRAPED]]);
for (const { name, type, labels } of METRICS) {
  if (type !== 'histogram') series.set(name, [...labels, ...SCRAPED]);
  else for (const part of ['bucket', 'sum', 'count']) series.set(`${name}_${part}`, [...labels, 'le', ...SCRAPED]);
}

/** Everything that is wrong with an expression: its grammar, and names that are in no list. */
export function faultsOf(expression: string, recorded: string[] = []): string[] {
  const faults: string[] = [];
  const labels = new Set<string>();
  const known = new Set<string>();
  parser.parse(expression).iterate({
    enter({ name, type, from, to, node }) {
      const text = expression.slice(from, to);
      if (type.isError) faults.push(`not PromQL at ${from}: ${expression.slice(from)}`);
      if (name === 'LabelName') labels.add(text);
      if (name !== 'VectorSelector') return;
      const found = node.getChild('Identifier');
      const metric = found ? expression.slice(found.from, found.to) : text;
      if (recorded.includes(metric)) return;
      const of = series.get(metric);
      if (!of) faults.push(`${metric} is not in metrics.yaml`);
      for (const label of of ?? []) known.add(label);
    },
  });
  for (const label of labels) if (!known.has(label)) faults.push(`${label} is no label of ${[...known].join(', ')}`);
  return faults;
}
