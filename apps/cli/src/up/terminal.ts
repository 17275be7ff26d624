import ora from 'ora';

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
    const spinner = ora({
      text: title,
      stream: process.stdout,
      discardStdin: false,
      hideCursor: false,
    }).start();
    try {
      const result = await work((text) => {
        if (process.stdout.isTTY) spinner.text = `${title}: ${text}`;
        else this.say(`  ${text}`);
      });
      spinner.succeed(`${title} (${((Date.now() - started) / 1000).toFixed(1)} s)`);
      return result;
    } catch (error) {
      spinner.fail(title);
      throw error;
    }
  }

  say(text: string): void {
    process.stdout.write(`${text}\n`);
  }

  /** A line of a service. While everything starts they wait, so that the steps stay readable. */
  log(service: string, line: string): void {
    const text = `${service.padEnd(8)} | ${line}`;
    if (this.held) this.held.push(text);
    else this.say(text);
  }

  /** From here on lines of services are shown as they come. */
  showLogs(): void {
    this.held?.forEach((line) => this.say(line));
    this.held = undefined;
  }
}
