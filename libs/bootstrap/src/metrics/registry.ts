import { Gauge, Registry } from 'prom-client';

/** What this process tells Prometheus. */
export const registry = new Registry();

export interface Sample {
  labels?: Record<string, string>;
  value: number;
}

/**
 * A figure that is looked up when somebody asks. While it cannot be had it is missing, and all others are told the same:
 * better no figure than an old one that looks well.
 */
export function tellGauge(
  { name, help, labels: labelNames = [] }: { name: string; help: string; labels?: string[] },
  read: () => Sample[] | Promise<Sample[]>,
): void {
  new Gauge({
    name,
    help,
    labelNames,
    registers: [registry],
    async collect() {
      const samples = await Promise.resolve()
        .then(read)
        .catch((): Sample[] => []);
      this.reset();
      for (const { labels = {}, value } of samples) this.set(labels, value);
    },
  });
}
