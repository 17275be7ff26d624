/**
 * `npm run bench [-- <name> …] [-- --quick]`: starts Herald and its servers in a folder of their own, runs the
 * benches one after another, prints their tables and stops everything it started.
 */
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { cpus, loadavg, tmpdir } from 'node:os';
import { deliveryBench } from './delivery/bench.mjs';
import { doorsBench } from './doors/bench.mjs';
import { ingestBench } from './agent-actions/ingest.mjs';
import { readsBench } from './agent-actions/reads.mjs';
import { fairnessBench } from './fairness/bench.mjs';
import { isolationBench } from './isolation/bench.mjs';
import { liveBench } from './live/bench.mjs';
import { merchantAnswersBench } from './merchant-answers/bench.mjs';
import { stopAll } from './processes.mjs';
import { Servers } from './servers.mjs';
import { soakBench } from './soak/bench.mjs';
import { startHerald } from './up.mjs';

const benches = {
  delivery: deliveryBench,
  doors: doorsBench,
  'agent-actions-reads': readsBench,
  'agent-actions-ingest': ingestBench,
  'merchant-answers': merchantAnswersBench,
  fairness: fairnessBench,
  isolation: isolationBench,
  live: liveBench,
};
/** Only when it is named. */
const all = { ...benches, soak: soakBench };

const args = process.argv.slice(2);
const quick = args.includes('--quick');
const names = args.filter((arg) => !arg.startsWith('--'));
const unknown = names.filter((name) => !(name in all));
if (process.platform !== 'linux') fail('the bench reads CPU times from /proc: it runs on Linux only');
if (unknown.length > 0) fail(`no bench "${unknown[0]}"; there are: ${Object.keys(all).join(', ')}`);

const log = (text) => console.error(`${(performance.now() / 1000).toFixed(0).padStart(4)} s  ${text}`);
const dataFolder = mkdtempSync(`${tmpdir()}/herald-bench-`);
// The account that Postgres runs as when root measures has to pass through.
chmodSync(dataFolder, 0o711);
let servers;
let ending;

/** Runs once, at the end of the run, a failure or Ctrl-C. */
function cleanUp() {
  ending ??= stopAll().finally(() => rmSync(dataFolder, { recursive: true, force: true }));
  return ending;
}

async function interrupt() {
  log('stopping');
  process.exitCode = 130;
  await cleanUp();
  process.exit();
}

for (const name of ['SIGINT', 'SIGTERM']) process.on(name, () => void interrupt());

try {
  log('starting Herald and its servers');
  const herald = await startHerald(dataFolder);
  servers = await new Servers(herald.demo).open();
  console.log(`Node ${process.version}, ${cpus().length} x ${cpus()[0].model}, load ${loadavg()[0].toFixed(1)} before`);
  for (const [setting, value] of Object.entries(await servers.durability())) console.log(`${setting}: ${value}`);
  for (const name of names.length > 0 ? names : Object.keys(benches)) {
    const tables = await all[name]({ herald, servers, quick, log, dataFolder });
    console.log(`\n## ${name}${quick ? ' (quick: not to be quoted)' : ''}\n\n${tables.join('\n\n')}`);
  }
} catch (error) {
  if (!ending) {
    console.error(error);
    process.exitCode = 1;
  }
} finally {
  if (!ending) await servers?.close();
  await cleanUp();
  // A client of a server that is gone would try to reconnect for ever.
  process.exit();
}

function fail(message) {
  console.error(message);
  process.exit(2);
}
