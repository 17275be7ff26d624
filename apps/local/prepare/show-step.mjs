const FRAMES = '⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏';
const TURN_MS = 100;
/** Without a terminal, a line this often shows that the work goes on. */
const LINE_MS = 15_000;

/**
 * Shows a step while its work goes on: a spinner on a terminal, lines elsewhere.
 * @param {string} title
 * @param {NodeJS.WriteStream} out
 */
export function showStep(title, out) {
  const startedAt = Date.now();
  const seconds = () => `${((Date.now() - startedAt) / 1000).toFixed(1)} s`;
  const print = (/** @type {string} */ line) => out.write(`${line}\n`);
  let text = title;
  let turn = 0;
  const draw = () => {
    clear();
    // A wrapped line could not be cleared. Some terminals report no width.
    out.write(`${FRAMES[turn++ % FRAMES.length]} ${text} ${seconds()}`.slice(0, (out.columns || Infinity) - 1));
  };
  /** Makes room for another line. The spinner returns below it. */
  const clear = () => {
    if (out.isTTY) out.write('\r\x1b[K');
  };

  if (out.isTTY) draw();
  else print(`${title} …`);
  const timer = out.isTTY ? setInterval(draw, TURN_MS) : setInterval(() => print(`${title} … ${seconds()}`), LINE_MS);
  return {
    seconds,
    clear,
    /** Adds a detail to the title. */
    note: (/** @type {string} */ detail) => {
      text = `${title}: ${detail}`;
      if (!out.isTTY) print(`  ${detail}`);
    },
    /** Ends the display, with a last line when there is a mark. */
    end: (/** @type {'✔' | '✖' | undefined} */ mark) => {
      clearInterval(timer);
      clear();
      if (mark) print(`${mark} ${title} (${seconds()})`);
    },
  };
}
