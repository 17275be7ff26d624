import { Gauge, Registry } from 'prom-client';

/** The metrics of this process. */
export const registry = new Registry();

export interface Sample {
  labels?: Record<string, string>;
  value: number;
}

/**
 * Registers a figure that is looked up at each scrape. If the look-up fails, the scrape omits this figure and keeps the
 * others: a missing figure is better than an outdated one that looks healthy.
 */
export function registerGauge(
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
