/** A service that collects all its garbage on a signal, returns its empty pages, and prints the memory that it has left. */
const { Session } = require('node:inspector');

/** Other threads return the pages. */
const RETURN_MS = 100;

const session = new Session();
session.connect();

function print() {
  const { rss, heapUsed, external } = process.memoryUsage();
  process.stdout.write(`${JSON.stringify({ memory: { rss, inUse: heapUsed + external } })}\n`);
}

// Node 20's `gc()` leaves garbage: a hundred MiB after some requests.
process.on('SIGUSR2', () => session.post('HeapProfiler.collectGarbage', () => setTimeout(print, RETURN_MS)));
