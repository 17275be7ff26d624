import { registerGauge, registry } from '@herald/bootstrap';
import { Counter, Histogram } from 'prom-client';

const registers = [registry];

export const eventsSent = new Counter({
  name: 'herald_stream_events_total',
  help: 'events sent, live or replayed',
  labelNames: ['kind'],
  registers,
});

export const readersCut = new Counter({
  name: 'herald_stream_cut_total',
  help: 'streams closed because of a slow reader',
  registers,
});

export const delay = new Histogram({
  name: 'herald_stream_delay_seconds',
  help: 'from announcing a commit to its event',
  buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
  registers,
});

export const registerOpenStreams = (count: () => number): void =>
  registerGauge({ name: 'herald_streams_open', help: 'streams of server-sent events' }, () => [{ value: count() }]);
