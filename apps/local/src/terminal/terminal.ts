import { SERVICES } from '@herald/operator';
import { showStep } from '../../prepare/show-step.mjs';
import { readableLine } from './readable-line.js';

const NAME_WIDTH = Math.max(...SERVICES.map(({ name }) => name.length));

/** The output of `npm start`: its own steps, and the log lines of the services. */
export class Terminal {
  private held: string[] | undefined = [];
  private shown: ReturnType<typeof showStep> | undefined;

  constructor() {
    // If the reader of the output has ended, Herald continues without it.
    process.stdout.on('error', () => undefined);
    process.stderr.on('error', () => undefined);
  }

  /** Shows `title` during the work, and its result afterwards. `note` adds details meanwhile. */
  async step<T>(title: string, work: (note: (text: string) => void) => Promise<T>): Promise<T> {
    const shown = showStep(title, process.stdout);
    this.shown = shown;
    try {
      const result = await work(shown.note);
      shown.end('✔');
      return result;
    } catch (error) {
      shown.end('✖');
      throw error;
    } finally {
      this.shown = undefined;
    }
  }

  say(text: string): void {
    this.shown?.clear();
    process.stdout.write(`${text}\n`);
  }

  /** Shows a log line of a service. During the start the lines are held back, so that the steps stay readable. */
  log(service: string, line: string): void {
    const text = `${service.padEnd(NAME_WIDTH)} | ${process.stdout.isTTY ? readableLine(line) : line}`;
    if (this.held) this.held.push(text);
    else this.say(text);
  }

  /** Shows the lines that were held back, and from now on each line immediately. */
  showLogs(): void {
    this.held?.forEach((line) => this.say(line));
    this.held = undefined;
  }
}
