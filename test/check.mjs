/**
 * `npm run check`: format, lint, types and dead code, side by side. Prints each part with its result and time,
 * and what a failed one has to say; exits with 1 when one failed.
 */
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const cache = 'node_modules/.cache/herald-check';

/** The longest first: on two cores that is what decides how long all of it takes. */
const parts = {
  types: `tsc --project test --incremental --tsBuildInfoFile ${cache}/types.tsbuildinfo --pretty false`,
  lint: 'oxlint --disable-nested-config --format unix',
  format: `prettier --check --cache --cache-strategy content --cache-location ${cache}/format . --log-level warn`,
  'dead code': 'knip --tsConfig tsconfig.base.json --no-progress --treat-config-hints-as-errors',
};

const startedAt = Date.now();
const results = await Promise.all(Object.entries(parts).map(([name, command]) => check(name, command)));
const failed = results.filter((passed) => !passed).length;
console.log(`${failed ? `${failed} of ${results.length} failed` : 'all passed'} in ${secondsSince(startedAt)}`);
process.exitCode = failed ? 1 : 0;

/** Runs one part; true when it passed. Its output is kept until it ends, so that parts do not interleave. */
async function check(name, command) {
  const partStartedAt = Date.now();
  const [program, ...args] = command.split(' ');
  const child = spawn(`node_modules/.bin/${program}`, args, {
    cwd: root,
    env: { ...process.env, NO_COLOR: '1', FORCE_COLOR: undefined },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text) => (output += text));
  const passed = await new Promise((resolve) => {
    child.on('close', (code) => resolve(code === 0));
    child.on('error', (error) => {
      output += `${error.message}\n`;
      resolve(false);
    });
  });
  console.log(`${passed ? 'ok    ' : 'FAILED'}  ${name.padEnd(10)}${secondsSince(partStartedAt).padStart(8)}`);
  if (!passed) console.log(`\n${output.trim()}\n`);
  return passed;
}

function secondsSince(time) {
  return `${((Date.now() - time) / 1000).toFixed(1)} s`;
}
