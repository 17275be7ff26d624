import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { eventually } from '../../support/eventually.js';
import type { Herald, ServiceName } from '../../support/herald.js';
import { preload } from '../../support/preloads.js';
import type { Service } from '../../support/service.js';

/** The points at which support/preload/hold.cjs stops a service: a gateway at the first two, a worker at the last. */
export type Point = 'committed' | 'unpublished' | 'worked';

const HOLD = preload('hold');

export interface InstanceOptions {
  herald: Herald;
  app: ServiceName;
  name: string;
  folder: string;
  port: number;
  preload?: string[];
}

/** One of several processes of a service: killed, frozen, held at a point, started again at the same address. */
export class Instance {
  /** It ended without being stopped, with this as its last output. */
  fault?: string;
  private expected = false;
  private service?: Service;
  private earlier = '';
  private readonly holdFile: string;
  private readonly env: Record<string, string> = {};

  constructor(private readonly options: InstanceOptions) {
    this.holdFile = join(options.folder, `${options.name}.hold`);
  }

  get name(): string {
    return this.options.name;
  }

  get app(): ServiceName {
    return this.options.app;
  }

  get url(): string {
    return `http://127.0.0.1:${this.options.port}`;
  }

  get running(): boolean {
    return this.service !== undefined && !this.service.hasEnded;
  }

  /** The output of all its processes. */
  get log(): string {
    return `${this.earlier}${this.service?.log ?? ''}`;
  }

  /** Settings given once apply to every later start. */
  async start(settings: Record<string, string> = {}): Promise<void> {
    const { herald, app, name, port, preload = [] } = this.options;
    Object.assign(this.env, settings);
    this.release();
    this.earlier = this.log;
    const address = { [app === 'gateway' ? 'PORT' : 'HEALTH_PORT']: String(port) };
    const started = { env: { ...address, HOLD_FILE: this.holdFile, ...this.env }, preload: [HOLD, ...preload] };
    this.service = await herald.startService(app, started, name);
    void this.service.ended().then(() => this.end());
  }

  async kill(): Promise<void> {
    this.expected = true;
    await this.service?.kill();
  }

  async stop(): Promise<number | null> {
    this.expected = true;
    return (await this.service?.stop()) ?? null;
  }

  freeze(): void {
    this.service?.signal('SIGSTOP');
  }

  thaw(): void {
    this.service?.signal('SIGCONT');
  }

  signal(signal: NodeJS.Signals): void {
    this.service?.signal(signal);
  }

  /** Resolves when its work has come to `point` and stays there. */
  async hold(point: Point, withinMs: number): Promise<void> {
    writeFileSync(this.holdFile, point);
    await eventually(() => existsSync(`${this.holdFile}.held`), withinMs);
  }

  release(): void {
    for (const file of [this.holdFile, `${this.holdFile}.held`]) rmSync(file, { force: true });
  }

  private end(): void {
    if (!this.expected) this.fault = `${this.name} ended by itself:\n${this.log.slice(-2000)}`;
    this.expected = false;
  }
}
