import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { resolve } from 'node:path';
import { eventually } from './eventually.js';

const DIST = resolve(__dirname, '../../dist/apps');

/** One service of Herald as a process, from the built programs. */
export class Service {
  private output = '';

  private constructor(
    readonly name: string,
    private readonly child: ChildProcess,
  ) {
    for (const stream of [child.stdout, child.stderr]) {
      stream?.on('data', (chunk: Buffer) => {
        this.output += chunk.toString();
      });
    }
  }

  /** Resolves when it is up; rejects with its last words when it ends before. */
  static async start(name: string, preload: string[], env: Record<string, string>): Promise<Service> {
    const args = [...preload.flatMap((module) => ['--require', module]), resolve(DIST, name, 'src/main.js')];
    // Another Node than the tests' own, for what differs from one to the next.
    const { PATH, HOME, HERALD_NODE = process.execPath } = process.env;
    const child = spawn(HERALD_NODE, args, { env: { PATH, HOME, NODE_ENV: 'production', ...env } });
    const service = new Service(name, child);
    try {
      await eventually(() => {
        if (service.hasEnded) throw new Error(`${name} ended: ${service.log}`);
        return service.log.includes('is up');
      }, 90_000);
      return service;
    } catch (error) {
      // Nobody else knows of it.
      await service.kill();
      throw error;
    }
  }

  get pid(): number {
    return this.child.pid as number;
  }

  /** Everything it has printed. */
  get log(): string {
    return this.output;
  }

  get url(): string {
    return this.said('url');
  }

  /** The address of its metrics. */
  get metricsUrl(): string {
    return this.said('metrics');
  }

  private said(name: string): string {
    const url = new RegExp(`"${name}":"([^"]+)"`).exec(this.output)?.[1];
    if (!url) throw new Error(`${this.name} has not said where it listens`);
    return url;
  }

  get hasEnded(): boolean {
    return this.child.exitCode !== null || this.child.signalCode !== null;
  }

  signal(signal: NodeJS.Signals): void {
    this.child.kill(signal);
  }

  /** Ends it the hard way. */
  async kill(): Promise<void> {
    if (this.hasEnded) return;
    this.signal('SIGKILL');
    await once(this.child, 'exit');
  }

  /** Stops it in order; resolves to its exit code. */
  async stop(): Promise<number | null> {
    if (!this.hasEnded) {
      this.signal('SIGCONT');
      this.signal('SIGTERM');
      await once(this.child, 'exit');
    }
    return this.child.exitCode;
  }

  /** Waits for it to end by itself. */
  async ended(): Promise<void> {
    if (!this.hasEnded) await once(this.child, 'exit');
  }
}
