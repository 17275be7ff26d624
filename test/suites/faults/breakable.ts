import { readdirSync, readFileSync } from 'node:fs';
import type { Server } from '../../../apps/local/src/servers/server.js';

/** A server of ours that is killed, frozen, and started again on the same port and files. */
export class Breakable {
  private ended = false;

  private constructor(
    private readonly again: (port?: number) => Promise<Server>,
    private server: Server,
  ) {
    this.watch();
  }

  static async start(again: (port?: number) => Promise<Server>): Promise<Breakable> {
    return new Breakable(again, await again());
  }

  get url(): string {
    return this.server.url;
  }

  get port(): number {
    return this.server.port;
  }

  get folder(): string {
    return this.server.folder;
  }

  /** SIGKILL, to the server and all its children at once. */
  async kill(): Promise<void> {
    this.freeze();
    this.signal('SIGKILL');
    await this.server.exited;
  }

  get hasEnded(): boolean {
    return this.ended;
  }

  async stop(): Promise<void> {
    this.thaw();
    await this.server.stop();
  }

  async startAgain(): Promise<void> {
    this.server = await this.again(this.port);
    this.watch();
  }

  private watch(): void {
    const { server } = this;
    this.ended = false;
    void server.exited.then(() => (this.ended = server === this.server));
  }

  freeze(): void {
    this.signal('SIGSTOP');
  }

  thaw(): void {
    this.signal('SIGCONT');
  }

  /** The parent first: what is frozen makes no further children. */
  private signal(signal: NodeJS.Signals): void {
    for (const pid of [this.server.pid, ...childrenOf(this.server.pid)]) {
      try {
        process.kill(pid, signal);
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
      }
    }
  }
}

function childrenOf(parent: number): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && parentOf(name) === parent)
    .map(Number);
}

function parentOf(pid: string): number | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]);
  } catch {
    // It ended while it was looked at.
    return undefined;
  }
}
