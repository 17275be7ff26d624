import { setImmediate } from 'node:timers/promises';

const ANSWER_WITHIN_MS = 1000;

/** What a check answers; undefined when it fails or takes longer than a second. */
export async function answerInTime<T>(check: () => T | Promise<T>): Promise<{ value: T } | undefined> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<undefined>((resolve) => {
    // When this process was busy itself, the answer may be here already and its turn comes after the timers'.
    timer = setTimeout(() => void setImmediate().then(() => resolve(undefined)), ANSWER_WITHIN_MS);
  });
  const answer = Promise.resolve()
    .then(check)
    .then(
      (value) => ({ value }),
      () => undefined,
    );
  try {
    return await Promise.race([answer, late]);
  } finally {
    clearTimeout(timer);
  }
}
