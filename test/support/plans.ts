import { Intercepted } from './intercepted.js';

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
  Plans?: Node[];
}

const walk = (node: Node): Node[] => [node, ...(node.Plans ?? []).flatMap(walk)];

/** How the gateway's role reads tables while it does `work`: every statement is run and explained. */
export async function readsOf(databaseUrl: string, work: (database: Intercepted) => Promise<unknown>): Promise<Read[]> {
  const reads: Read[] = [];
  const database = new Intercepted(databaseUrl, async (text, values, run) => {
    const [explained] = await run<{ 'QUERY PLAN': [{ Plan: Node }] }>(`explain (analyze, format json) ${text}`, values);
    for (const node of walk(explained!['QUERY PLAN'][0].Plan)) {
      const {
        'Relation Name': table,
        'Actual Rows': rows,
        'Actual Loops': loops,
        'Rows Removed by Filter': passed = 0,
      } = node;
      if (table) reads.push({ how: node['Node Type'], table, rows: (rows + passed) * loops });
    }
    return run(text, values);
  });
  try {
    await work(database);
    return reads;
  } finally {
    await database.close();
  }
}
