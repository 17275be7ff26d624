const PAUSE_MS = 20;

/**
 * Asks again and again until the answer is truthy, and returns it. An answer that throws counts as the last answer.
 * @throws Error at the deadline, with the last answer
 */
export async function eventually<T>(
  ask: () => T | Promise<T>,
  withinMs = 10_000,
): Promise<Exclude<T, false | 0 | '' | null | undefined>> {
  const deadline = Date.now() + withinMs;
  for (;;) {
    const answer = await ask();
    if (answer) return answer as Exclude<T, false | 0 | '' | null | undefined>;
    if (Date.now() > deadline)
      throw new Error(`Not within ${withinMs} ms; the last answer was ${JSON.stringify(answer)}`);
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
  }
}
