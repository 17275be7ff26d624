import { existsSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { markInstalled } from './installed.mjs';
import { StepFailed, step } from './step.mjs';

/** NODE_ENV=production would leave out the compiler. */
const options = ['--include=dev', '--no-audit', '--no-fund', '--loglevel=error'];

/** Installs what the lock file says. */
export async function install(root) {
  try {
    await step(root, 'Installing packages (npm ci)', ...npm(), 'ci', ...options);
  } catch (error) {
    if (!(error instanceof StepFailed && lacksOnlyForeignPackages(root, error.output))) throw error;
    console.error('npm ci wants packages for other systems that the registry does not offer; npm install does not');
    await step(root, 'Installing packages (npm install)', ...npm(), 'install', '--no-save', ...options);
  }
  markInstalled(root);
}

/**
 * npm refuses a lock file without optional packages for other systems, which the registry did not offer when it was
 * made, though nothing here needs them. All else that it misses means that package.json and the lock file disagree.
 */
function lacksOnlyForeignPackages(root, output) {
  if (!/^npm error Missing: /m.test(output) || /^npm error Invalid: /m.test(output)) return false;
  const read = (file) => JSON.parse(readFileSync(join(root, file), 'utf8'));
  const wanted = read('package.json');
  const locked = read('package-lock.json').packages[''];
  return ['dependencies', 'devDependencies'].every((kind) => isDeepStrictEqual(wanted[kind], locked[kind]));
}

/** The npm that runs us, else the one on PATH. */
function npm() {
  const running = process.env.npm_execpath ?? '';
  return basename(running) === 'npm-cli.js' && existsSync(running) ? [process.execPath, running] : ['npm'];
}
