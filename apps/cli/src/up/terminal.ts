import ora from 'ora';
import { readableLine } from './readable-line.js';
import { SERVICES } from './services.js';

interface Shown {
  note: (text: string) => void;
  succeed: (text: string) => void;
  fail: (text: string) => void;
}

const NAME_WIDTH = Math.max(...SERVICES.map(({ name }) => name.length));

/** What `herald up` shows: its own steps, and the lines of the services. */
export class Terminal {
  private held: string[] | undefined = [];

  constructor() {
    // Whoever read our output may have gone; Herald runs on without a reader.
    process.stdout.on('error', () => undefined);
    process.stderr.on('error', () => undefined);
  }

  /** Shows `title` while the work goes on, and how it ended; `note` says more about it meanwhile. */
  async step<T>(title: string, work: (note: (text: string) => void) => Promise<T>): Promise<T> {
    const started = Date.now();
    // The spinner never returns where a terminal tells no width, as under `script` or a bare pty.
    const shown = process.stdout.isTTY && process.stdout.columns > 0 ? this.spin(title) : this.tell(title);
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

  /** A line of a service, readable on a terminal. While everything starts they wait, so that the steps stay readable. */
  log(service: string, line: string): void {
    const text = `${service.padEnd(NAME_WIDTH)} | ${process.stdout.isTTY ? readableLine(line) : line}`;
    if (this.held) this.held.push(text);
    else this.say(text);
  }

  /** From here on lines of services are shown as they come. */
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

  private tell(title: string): Shown {
    this.say(`${title} …`);
    return {
      note: (text) => this.say(`  ${text}`),
      succeed: (text) => this.say(`✔ ${text}`),
      fail: (text) => this.say(`✖ ${text}`),
    };
  }
}
