/** A service that prints on SIGTERM which packages of OpenTelemetry it loaded. */
process.prependListener('SIGTERM', () => {
  const loaded = Object.keys(require.cache).flatMap((path) => /@opentelemetry\/[\w-]+/.exec(path)?.[0] ?? []);
  process.stdout.write(`loaded ${[...new Set(loaded)].sort().join(' ')};\n`);
});
