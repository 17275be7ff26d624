import { existsSync } from 'node:fs';
import { basename } from 'node:path';
import { markInstalled } from './installed.mjs';
import { StepFailed, step } from './step.mjs';

/** NODE_ENV=production would leave out the compiler. */
const options = ['--include=dev', '--no-audit', '--no-fund', '--loglevel=error'];

/** Installs what the lock file says. */
export async function install(root) {
  try {
    await step(root, 'Installing packages (npm ci)', ...npm(), 'ci', ...options);
  } catch (error) {
    if (!(error instanceof StepFailed && lacksOnlyForeignPackages(error.output))) throw error;
    console.log('npm ci wants packages for other systems that the registry does not offer; npm install does not');
    await step(root, 'Installing packages (npm install)', ...npm(), 'install', '--no-save', ...options);
  }
  markInstalled(root);
}

/**
 * npm 11 refuses a lock file without the optional packages that it could not find when it was made: it names
 * them without a version. All else that it may miss means that package.json and the lock file disagree.
 */
function lacksOnlyForeignPackages(output) {
  const missed = output.match(/^npm error (Missing|Invalid): .*$/gm) ?? [];
  return missed.length > 0 && missed.every((line) => /Missing: \S+@ from lock file/.test(line));
}

/** The npm that runs us, else the one on PATH. */
function npm() {
  const running = process.env.npm_execpath ?? '';
  return basename(running) === 'npm-cli.js' && existsSync(running) ? [process.execPath, running] : ['npm'];
}
