import { compareFeedCounters, Database } from '@herald/database';

/** Returns counters of feeds that differ from a recount; writers may be at work. */
export async function feedCounterDifferences(databaseUrl: string) {
  const database = new Database({ url: databaseUrl, applicationName: 'test-recount', poolSize: 1 });
  try {
    return await compareFeedCounters(database);
  } finally {
    await database.close();
  }
}
