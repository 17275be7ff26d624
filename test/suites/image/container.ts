import { once } from 'node:events';
import { eventually } from '../../support/eventually.js';
import type { Engine, Start, Started } from './engine.js';

/** A running container of the image. */
export class Container {
  log = '';
  /** Resolves to the exit code. */
  readonly ended: Promise<number>;
  private over = false;
  private readonly started: Started;

  constructor(engine: Engine, image: string, start: Start) {
    this.started = engine.start(image, start);
    const { process } = this.started;
    for (const stream of [process.stdout, process.stderr]) stream!.on('data', (text) => (this.log += text));
    this.ended = once(process, 'close').then(([code]) => {
      this.over = true;
      return code;
    });
  }

  /** Waits until the service says that it is up. */
  async up(): Promise<void> {
    await eventually(() => {
      if (this.over) throw new Error(`it ended: ${this.log}`);
      return this.log.includes('is up');
    }, 60_000);
  }

  healthcheck(): number {
    return this.started.healthcheck();
  }

  signal(signal: NodeJS.Signals): void {
    this.started.signal(signal);
  }

  /** Stops it, whatever it does. */
  async stop(): Promise<number> {
    if (!this.over) this.signal('SIGTERM');
    return this.ended;
  }
}
