/**
 * The command line, `npm run herald`. In a fresh clone it first installs and builds, and logs this on standard error.
 */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const program = new URL('../../dist/apps/cli/src/main.js', import.meta.url);
const packages = new URL('../../node_modules', import.meta.url);

// An outdated build is not replaced, because running services use it.
if (![program, packages].every((url) => existsSync(fileURLToPath(url)))) {
  const prepare = fileURLToPath(new URL('../local/prepare.mjs', import.meta.url));
  const { status } = spawnSync(process.execPath, [prepare], { stdio: ['ignore', 'ignore', 'inherit'] });
  if (status !== 0) process.exit(status ?? 1);
}
try {
  await import(program.href);
} catch (error) {
  if (!String(error.code).endsWith('MODULE_NOT_FOUND')) throw error;
  console.error('herald: The packages or the build are not complete. Run: node apps/local/prepare.mjs');
  process.exit(1);
}
