/**
 * How every service reads its settings, starts, logs, reports its health and stops. Knows no queue, no database and no
 * contract.
 */
export * from './env.js';
export * from './health.js';
export { run, startService } from './service.js';
