import { spawn } from 'node:child_process';

const keptLines = 1_000;
/** A long output is shortened to this many lines at the start and at the end. */
const shownLines = 15;
const frames = '⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏';

export class StepFailed extends Error {
  constructor(message, output) {
    super(message);
    this.output = output;
  }
}

/** Runs a command and shows its title and duration. The output is shown only when it fails. */
export async function step(root, title, command, ...args) {
  const started = Date.now();
  const seconds = () => `${((Date.now() - started) / 1000).toFixed(1)} s`;
  const stopShowing = process.stderr.isTTY ? spin(title, seconds) : logProgress(title, seconds);

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
  stopShowing();

  if (interrupted) throw new StepFailed(`${title}: interrupted after ${seconds()}`, '');
  if (ended) throw new StepFailed(`${excerpt(output)}\n\n${title} failed after ${seconds()}: ${ended}`, output);
  console.error(`✔ ${title}: ${seconds()}`);
}

function excerpt(output) {
  const lines = output.trim().split('\n');
  if (lines.length <= 2 * shownLines) return lines.join('\n');
  return [...lines.slice(0, shownLines), '…', ...lines.slice(-shownLines)].join('\n');
}

function spin(title, seconds) {
  let turn = 0;
  const show = () => process.stderr.write(`\r${frames[turn++ % frames.length]} ${title} ${seconds()} `);
  show();
  const timer = setInterval(show, 100);
  return () => {
    clearInterval(timer);
    process.stderr.write('\r\x1b[K');
  };
}

/** Without a terminal, logs a line every 15 seconds. */
function logProgress(title, seconds) {
  console.error(`${title} …`);
  const timer = setInterval(() => console.error(`${title} … ${seconds()}`), 15_000);
  return () => clearInterval(timer);
}
