import { existsSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { markInstalled } from './installed.mjs';
import { StepFailed, step } from './step.mjs';

/** Includes the compiler, which NODE_ENV=production would leave out. */
const options = ['--include=dev', '--no-audit', '--no-fund', '--loglevel=error'];

/** Installs the packages of the lock file. */
export async function install(root) {
  try {
    await step(root, 'Installing packages (npm ci)', ...npm(), 'ci', ...options);
  } catch (error) {
    if (!(error instanceof StepFailed && lacksOnlyForeignPackages(root, error.output))) throw error;
    console.error('npm ci needs packages for other systems that the registry does not have; npm install does not');
    await step(root, 'Installing packages (npm install)', ...npm(), 'install', '--no-save', ...options);
  }
  markInstalled(root);
}

/**
 * Returns true when npm misses only optional packages for other systems. It then refuses the lock file although nothing
 * here needs them. Any other missing package means that package.json and the lock file disagree.
 */
function lacksOnlyForeignPackages(root, output) {
  if (!/^npm error Missing: /m.test(output) || /^npm error Invalid: /m.test(output)) return false;
  const read = (file) => JSON.parse(readFileSync(join(root, file), 'utf8'));
  const wanted = read('package.json');
  const locked = read('package-lock.json').packages[''];
  return ['dependencies', 'devDependencies'].every((kind) => isDeepStrictEqual(wanted[kind], locked[kind]));
}

/** Returns the npm that runs this script, or the one on PATH. */
function npm() {
  const running = process.env.npm_execpath ?? '';
  return basename(running) === 'npm-cli.js' && existsSync(running) ? [process.execPath, running] : ['npm'];
}
