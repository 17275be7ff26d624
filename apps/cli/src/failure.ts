/** Something the person at the terminal can act on: its message is what they see. */
export class Failure extends Error {
  override name = 'Failure';
}

/** The sentence of any error, on one line. */
export function sentence(error: unknown): string {
  if (error instanceof AggregateError) return error.errors.map(sentence).join('; ');
  const text = error instanceof Error ? error.message || error.name : String(error);
  return text.replaceAll(/\s*\n\s*/g, ' ').trim();
}

/** Says what went wrong, without a stack unless HERALD_DEBUG asks for it, and ends with exit code 1. */
export function fail(error: unknown): never {
  const debug = process.env['HERALD_DEBUG'] && error instanceof Error;
  const text = error instanceof Failure ? error.message : sentence(error);
  process.stderr.write(`${debug ? error.stack : `herald: ${text}`}\n`);
  process.exit(1);
}
