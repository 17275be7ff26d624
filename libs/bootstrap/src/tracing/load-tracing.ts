import { createRequire } from 'node:module';
import { exportersOf, TracingEnv } from './tracing.env.js';

/**
 * OpenTelemetry patches modules when they are loaded, so a service loads this file first. While tracing is off, only
 * OpenTelemetry's API is loaded, which prom-client needs anyway.
 */
const set = Object.fromEntries(Object.entries(process.env).filter(([, value]) => value !== ''));
const { data: env } = TracingEnv.safeParse(set);

type Tracing = typeof import('./tracing.js');
const load = createRequire(__filename) as (module: './tracing.js') => Tracing;

/** Undefined while tracing is off or its settings are wrong; the service reports these when it reads all settings. */
export const tracing = env && exportersOf(env).length > 0 ? load('./tracing.js') : undefined;
