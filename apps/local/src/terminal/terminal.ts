import { SERVICES } from '@herald/operator';
import ora from 'ora';
import { readableLine } from './readable-line.js';

interface Shown {
  note: (text: string) => void;
  succeed: (text: string) => void;
  fail: (text: string) => void;
}

const NAME_WIDTH = Math.max(...SERVICES.map(({ name }) => name.length));

/** The output of `herald up`: its own steps, and the log lines of the services. */
export class Terminal {
  private held: string[] | undefined = [];

  constructor() {
    // If the reader of the output has ended, Herald continues without it.
    process.stdout.on('error', () => undefined);
    process.stderr.on('error', () => undefined);
  }

  /** Shows `title` during the work, and its result afterwards. `note` adds details meanwhile. */
  async step<T>(title: string, work: (note: (text: string) => void) => Promise<T>): Promise<T> {
    const started = Date.now();
    // The spinner never returns when a terminal reports no width, as under `script` or a bare pty.
    const shown = process.stdout.isTTY && process.stdout.columns > 0 ? this.spin(title) : this.printSteps(title);
    try {
      const result = await work(shown.note);
      shown.succeed(`${title} (${((Date.now() - started) / 1000).toFixed(1)} s)`);
      return result;
    } catch (error) {
      shown.fail(title);
      throw error;
    }
  }

  say(text: string): void {
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

  private spin(title: string): Shown {
    const spinner = ora({ text: title, discardStdin: false, hideCursor: false, stream: process.stdout }).start();
    return {
      note: (text) => (spinner.text = `${title}: ${text}`),
      succeed: (text) => spinner.succeed(text),
      fail: (text) => spinner.fail(text),
    };
  }

  private printSteps(title: string): Shown {
    this.say(`${title} …`);
    return {
      note: (text) => this.say(`  ${text}`),
      succeed: (text) => this.say(`✔ ${text}`),
      fail: (text) => this.say(`✖ ${text}`),
    };
  }
}
