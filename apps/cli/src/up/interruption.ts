/** Ctrl-C reaches us from the terminal and once more from npm: what comes this soon is the same wish. */
const sameWishMs = 500;
const parentCheckMs = 500;
/** What is nearly done may finish: then no connection breaks when the servers go. */
const abandonMs = 5_000;

/**
 * Aborts `signal` when someone wants us to end: by SIGINT, SIGTERM, SIGHUP, or by ending the npm that runs us,
 * which then can pass nothing on. Who asks again wants it at once: `insist` is called.
 */
export function listenForEnd(insist: () => void): AbortSignal {
  const controller = new AbortController();
  let askedAt = 0;
  const ask = () => {
    if (!controller.signal.aborted) {
      askedAt = Date.now();
      controller.abort(new Error('interrupted'));
    } else if (Date.now() - askedAt > sameWishMs) insist();
  };
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, ask);

  if (process.env['npm_lifecycle_event']) {
    const parent = process.ppid;
    const timer = setInterval(() => {
      if (process.ppid === parent) return;
      clearInterval(timer);
      controller.abort(new Error('npm has ended'));
    }, parentCheckMs);
    timer.unref();
  }
  return controller.signal;
}

/** Waits for work that cannot be interrupted, but not much longer than until the signal. */
export function unlessAborted<T>(signal: AbortSignal, work: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const abandon = () => setTimeout(() => reject(signal.reason), abandonMs).unref();
    if (signal.aborted) abandon();
    signal.addEventListener('abort', abandon, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', abandon));
  });
}
