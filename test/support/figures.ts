import type { Service } from './service.js';

interface Metric {
  type: string;
  /** Names of its labels, `le` apart. */
  labels: Set<string>;
}

type Labels = Record<string, string>;

/** The metrics of a service at one moment. */
export class Figures {
  /** By name, as `# TYPE` has it. */
  readonly metrics = new Map<string, Metric>();
  private readonly samples: { name: string; labels: Labels; value: number }[] = [];

  constructor(text: string) {
    for (const line of text.split('\n')) this.read(line);
  }

  static async of({ metricsUrl }: Service): Promise<Figures> {
    const response = await fetch(metricsUrl);
    if (!response.ok) throw new Error(`${metricsUrl}: ${response.status}`);
    return new Figures(await response.text());
  }

  /** Sum over the samples of a name that have these labels; 0 when there is none. */
  sum(name: string, labels: Labels = {}): number {
    return this.matching(name, labels).reduce((sum, { value }) => sum + value, 0);
  }

  has(name: string, labels: Labels = {}): boolean {
    return this.matching(name, labels).length > 0;
  }

  /** The number of time series, without those of garbage collection: each kind appears with its first run. */
  get series(): number {
    return this.samples.filter(({ name }) => !name.startsWith('nodejs_gc_')).length;
  }

  private matching(name: string, labels: Labels) {
    return this.samples.filter(
      (sample) => sample.name === name && Object.entries(labels).every(([key, value]) => sample.labels[key] === value),
    );
  }

  private read(line: string): void {
    const [, declared, type] = /^# TYPE (\S+) (\S+)$/.exec(line) ?? [];
    if (declared && type) this.metrics.set(declared, { type, labels: new Set() });
    const [, name, inBraces = '', value] = /^(\w+)(?:\{(.*)\})? (\S+)$/.exec(line) ?? [];
    if (!name) return;
    const labels = Object.fromEntries(
      [...inBraces.matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/g)].map(([, key, text]) => [key, text]),
    );
    this.samples.push({ name, labels, value: Number(value) });
    const metric = this.metrics.get(name) ?? this.metrics.get(name.replace(/_(bucket|sum|count)$/, ''));
    for (const label of Object.keys(labels)) if (label !== 'le') metric?.labels.add(label);
  }
}
