import { type Intercept, Intercepted } from './intercepted.js';

/** A step of a plan that reads a table. */
export interface Read {
  how: string;
  table: string;
  /** Rows that it looked at, in all its runs, those that it passed over included. */
  rows: number;
}

interface Node {
  'Node Type': string;
  'Relation Name'?: string;
  'Actual Rows': number;
  'Actual Loops': number;
  'Rows Removed by Filter'?: number;
  'Rows Removed by Join Filter'?: number;
  Plans?: Node[];
}

type Work = (database: Intercepted) => Promise<unknown>;

const walk = (node: Node): Node[] => [node, ...(node.Plans ?? []).flatMap(walk)];

/** The steps of all statements that a service's role runs while it does `work`. Each is run once to be explained, and once more. */
async function stepsOf(databaseUrl: string, work: Work, role?: string): Promise<Node[]> {
  const steps: Node[] = [];
  const explain = async (text: string, values: unknown[] | undefined, run: Parameters<Intercept>[2]) => {
    const [explained] = await run<{ 'QUERY PLAN': [{ Plan: Node }] }>(`explain (analyze, format json) ${text}`, values);
    steps.push(...walk(explained!['QUERY PLAN'][0].Plan));
    return run(text, values);
  };
  const database = new Intercepted(databaseUrl, explain, role);
  try {
    await work(database);
    return steps;
  } finally {
    await database.close();
  }
}

/** Returns how a role, by default the gateway's, reads tables while it does `work`. */
export async function readsOf(databaseUrl: string, work: Work, role?: string): Promise<Read[]> {
  return (await stepsOf(databaseUrl, work, role)).flatMap((step) => {
    const { 'Relation Name': table, 'Actual Rows': rows, 'Actual Loops': loops } = step;
    return table
      ? [{ how: step['Node Type'], table, rows: (rows + (step['Rows Removed by Filter'] ?? 0)) * loops }]
      : [];
  });
}

/** Counts the pairs of rows that `work` compares without a match, in nested loops. */
export async function comparisonsOf(databaseUrl: string, work: Work, role?: string): Promise<number> {
  const steps = await stepsOf(databaseUrl, work, role);
  return steps.reduce((sum, step) => sum + (step['Rows Removed by Join Filter'] ?? 0) * step['Actual Loops'], 0);
}
