import { z } from 'zod';

const EXPORTERS = ['otlp', 'console', 'none'] as const;
const SAMPLERS = ['always_on', 'always_off', 'traceidratio'].flatMap((name) => [name, `parentbased_${name}`]);

const oneOf = (values: readonly string[]) =>
  z.enum(values, `must be ${values.slice(0, -1).join(', ')} or ${values.at(-1)}`);
const address = z.url({ protocol: /^https?$/, error: 'must be a URL that starts with http:// or https://' }).optional();
/** Without gRPC, which would double the size of the dependencies; every collector accepts these two as well. */
const protocol = oneOf(['http/protobuf', 'http/json']).optional();

/**
 * OpenTelemetry's own variables that are checked here. The SDK reads these and the others (headers, timeouts, batches,
 * limits, resource) itself.
 */
export const TracingEnv = z.object({
  OTEL_SDK_DISABLED: z
    .string()
    .toLowerCase()
    .pipe(z.enum(['true', 'false'], 'must be true or false'))
    .default('false')
    .describe('`true` turns traces off, whatever else is set'),
  OTEL_TRACES_EXPORTER: z
    .string()
    .transform((text) => text.split(',').map((part) => part.trim()))
    .pipe(z.array(oneOf(EXPORTERS)))
    .optional()
    .describe('`otlp`, `console` or `none`; `otlp` where an endpoint is set, see Traces and logs'),
  OTEL_EXPORTER_OTLP_ENDPOINT: address.describe('the collector that traces go to'),
  OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: address.describe('the same, as the whole URL for traces'),
  OTEL_EXPORTER_OTLP_PROTOCOL: protocol.describe('`http/protobuf` or `http/json`'),
  OTEL_EXPORTER_OTLP_TRACES_PROTOCOL: protocol.describe('the same, for traces alone'),
  OTEL_TRACES_SAMPLER: oneOf(SAMPLERS)
    .optional()
    .describe(
      'which requests are traced: `always_on`, `always_off`, `traceidratio`, or one of them after `parentbased_`',
    ),
  OTEL_TRACES_SAMPLER_ARG: z
    .string()
    .refine((text) => Number(text) >= 0 && Number(text) <= 1, 'must be a share from 0 to 1')
    .optional()
    .describe('the share that `traceidratio` takes, from 0 to 1'),
});
export type TracingEnv = z.output<typeof TracingEnv>;

/** Returns the exporters of traces; none unless an exporter or a collector is named. */
export function exportersOf(env: TracingEnv): string[] {
  const named = env.OTEL_EXPORTER_OTLP_ENDPOINT ?? env.OTEL_EXPORTER_OTLP_TRACES_ENDPOINT;
  const { OTEL_TRACES_EXPORTER: exporters = named ? ['otlp'] : [] } = env;
  return env.OTEL_SDK_DISABLED === 'true' ? [] : exporters.filter((name) => name !== 'none');
}
