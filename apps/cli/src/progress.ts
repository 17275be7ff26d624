const BAR_WIDTH = 30;
const LINE_EVERY_PERCENT = 10;

/** Shows the progress of a long task: a bar on a terminal, otherwise a line every ten percent. */
export function progressOf(
  total: number,
  unit: string,
  out: NodeJS.WriteStream = process.stdout,
): (done: number) => void {
  const startedAt = Date.now();
  let lastStep = -1;
  return (done) => {
    const percent = Math.floor((done / total) * 100);
    const perSecond = Math.round(done / Math.max(0.001, (Date.now() - startedAt) / 1000));
    const text = `${done.toLocaleString('en')} of ${total.toLocaleString('en')} ${unit}, ${perSecond.toLocaleString('en')}/s`;
    if (out.isTTY) {
      const full = Math.round((percent / 100) * BAR_WIDTH);
      out.write(`\r${'█'.repeat(full)}${'░'.repeat(BAR_WIDTH - full)} ${percent}%  ${text}${done < total ? '' : '\n'}`);
      return;
    }
    const step = Math.floor(percent / LINE_EVERY_PERCENT);
    if (step === lastStep) return;
    lastStep = step;
    out.write(`${percent}%  ${text}\n`);
  };
}
