/** Ends with 0 when the service of this container lives, else with 1 and the reason. */
const { OPS_PORT, PORT, HEALTH_PORT = '3000' } = process.env;
const url = `http://127.0.0.1:${OPS_PORT ?? PORT ?? HEALTH_PORT}/health/live`;

fetch(url, { signal: AbortSignal.timeout(2500) })
  .then(({ ok, status }) => {
    if (!ok) throw new Error(`status ${status}`);
  })
  .catch((error) => {
    console.error(`${url}: ${error.cause?.message ?? error.message}`);
    process.exitCode = 1;
  });
