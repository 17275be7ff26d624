/** Ctrl-C arrives from the terminal and again from npm. A signal this soon after the first one is a repetition. */
const repeatedSignalMs = 500;
const parentCheckMs = 500;
/** Work may finish within this time, so that no connection breaks when the servers stop. */
const abandonMs = 5_000;

/**
 * Returns a signal that aborts on SIGINT, SIGTERM or SIGHUP, or when the npm that runs this process ends, since it then
 * cannot forward signals. On a second signal, `onSecondSignal` is called.
 */
export function listenForEnd(onSecondSignal: () => void): AbortSignal {
  const controller = new AbortController();
  let firstSignalAt = 0;
  const onSignal = () => {
    if (!controller.signal.aborted) {
      firstSignalAt = Date.now();
      controller.abort(new Error('interrupted'));
    } else if (Date.now() - firstSignalAt > repeatedSignalMs) onSecondSignal();
  };
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, onSignal);

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

/** Waits for work that cannot be interrupted. After `signal` aborts, it waits only a few seconds more. */
export function unlessAborted<T>(signal: AbortSignal, work: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const abandon = () => setTimeout(() => reject(signal.reason), abandonMs).unref();
    if (signal.aborted) abandon();
    signal.addEventListener('abort', abandon, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', abandon));
  });
}
