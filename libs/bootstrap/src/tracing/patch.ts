import { createRequire } from 'node:module';
import { exportersOf, TracingEnv } from './tracing.env.js';

/**
 * What is traced is patched as it is loaded, so this stands before everything else that a service loads. Unless tracing is
 * on, nothing of OpenTelemetry is loaded but its API, which prom-client brings.
 */
const set = Object.fromEntries(Object.entries(process.env).filter(([, value]) => value !== ''));
const { data: env } = TracingEnv.safeParse(set);

type Tracing = typeof import('./tracing.js');
const load = createRequire(__filename) as (module: './tracing.js') => Tracing;

/** Undefined while tracing is off. Of wrong settings the service tells when it reads them all. */
export const tracing = env && exportersOf(env).length > 0 ? load('./tracing.js') : undefined;
