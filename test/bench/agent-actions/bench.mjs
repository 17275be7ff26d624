/** The agent-actions slice: reads of a small and a large log side by side, and ingest beside one save per job. */
import { ingestBench } from './ingest.mjs';
import { readsBench } from './reads.mjs';

export async function agentActionsBench(context) {
  return [...(await readsBench(context)), ...(await ingestBench(context))];
}
