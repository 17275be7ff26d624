import { spawn } from 'node:child_process';
import { showStep } from './show-step.mjs';

const keptLines = 1_000;
/** A long output is shortened to this many lines at the start and at the end. */
const shownLines = 15;

export class StepFailed extends Error {
  constructor(message, output) {
    super(message);
    this.output = output;
  }
}

/** Runs a command and shows its title and duration. The output is shown only when it fails. */
export async function step(root, title, command, ...args) {
  const shown = showStep(title, process.stderr);

  const child = spawn(command, args, { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  const keep = (chunk) => {
    output = (output + chunk).split('\n').slice(-keptLines).join('\n');
  };
  child.stdout.on('data', keep);
  child.stderr.on('data', keep);

  let interrupted;
  const interrupt = (signal) => {
    interrupted = signal;
    child.kill('SIGTERM');
  };
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'];
  for (const signal of signals) process.on(signal, interrupt);

  const ended = await new Promise((resolve) => {
    child.once('error', (error) => resolve(error.message));
    child.once('close', (code, signal) => resolve(code === 0 ? undefined : (signal ?? `exit code ${code}`)));
  });
  for (const signal of signals) process.off(signal, interrupt);
  shown.end(interrupted || ended ? undefined : '✔');

  if (interrupted) throw new StepFailed(`${title}: interrupted after ${shown.seconds()}`, '');
  if (ended) throw new StepFailed(`${excerpt(output)}\n\n${title} failed after ${shown.seconds()}: ${ended}`, output);
}

function excerpt(output) {
  const lines = output.trim().split('\n');
  if (lines.length <= 2 * shownLines) return lines.join('\n');
  return [...lines.slice(0, shownLines), '…', ...lines.slice(-shownLines)].join('\n');
}
