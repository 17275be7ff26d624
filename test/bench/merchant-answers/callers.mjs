/** Some callers, each making its next round trip when the last one is over; prints what they saw as JSON. */
import { percentile } from '../stats.mjs';

export async function measure(callers, seconds, roundTrip) {
  const latenciesMs = [];
  const start = performance.now();
  const end = start + seconds * 1000;
  await Promise.all(
    Array.from({ length: callers }, async (_, caller) => {
      for (let sentAt = start; sentAt < end;) {
        sentAt = performance.now();
        await roundTrip(caller);
        latenciesMs.push(performance.now() - sentAt);
      }
    }),
  );
  const made = latenciesMs.length;
  const perSecond = (made / (performance.now() - start)) * 1000;
  const [p50Ms, p99Ms] = [percentile(latenciesMs, 0.5), percentile(latenciesMs, 0.99)];
  console.log(JSON.stringify({ made, perSecond, p50Ms, p99Ms }));
}
