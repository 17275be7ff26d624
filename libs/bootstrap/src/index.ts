/**
 * Settings, start, logs, traces, health, metrics and stop of every service. It knows no queue, no database and no
 * contract.
 */
import './tracing/load-tracing.js';

export * from './connections.js';
export * from './env.js';
export * from './health.js';
export * from './metrics/message-metrics.js';
export { recordRemoved, registerOldestGauge } from './metrics/retention-metrics.js';
export { registerGauge, registry } from './metrics/registry.js';
export * from './networks.js';
export * from './operation.decorator.js';
export * from './password.js';
export { parseRedisUrl } from './redis-address.js';
export { forEach, Repeat } from './repeat.js';
export { decodedPathOf, originForm, pathOf } from './request-target.js';
export { run, startService } from './service.js';
export type { Work } from './stuck-watch.js';
export { version } from './version.js';
