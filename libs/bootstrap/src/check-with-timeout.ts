import { setImmediate } from 'node:timers/promises';

const TIMEOUT_MS = 1000;

/** Returns the result of a check; undefined when it fails or takes longer than a second. */
export async function checkWithTimeout<T>(check: () => T | Promise<T>): Promise<{ value: T } | undefined> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<undefined>((resolve) => {
    // If this process was blocked, the result may already be here but is handled after the timers.
    timer = setTimeout(() => void setImmediate().then(() => resolve(undefined)), TIMEOUT_MS);
  });
  const result = Promise.resolve()
    .then(check)
    .then(
      (value) => ({ value }),
      () => undefined,
    );
  try {
    return await Promise.race([result, late]);
  } finally {
    clearTimeout(timer);
  }
}
