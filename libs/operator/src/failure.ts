/** An error that the user can act on. Only its message is shown. */
export class Failure extends Error {
  override name = 'Failure';
}

/** Returns the message of any error on one line. */
export function sentence(error: unknown): string {
  if (error instanceof AggregateError) return error.errors.map(sentence).join('; ');
  const text = error instanceof Error ? error.message || error.name : String(error);
  return text.replaceAll(/\s*\n\s*/g, ' ').trim();
}

/** Prints the error and exits with code 1. The stack is printed only when HERALD_DEBUG is set. */
export function fail(error: unknown): never {
  const debug = process.env['HERALD_DEBUG'] && error instanceof Error;
  const text = error instanceof Failure ? error.message : sentence(error);
  process.stderr.write(`${debug ? error.stack : `herald: ${text}`}\n`);
  process.exit(1);
}
