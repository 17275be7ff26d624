/** Something the person at the terminal can act on: its message is the one line they see. */
export class Failure extends Error {
  override name = 'Failure';
}

/** The sentence of any error, on one line. */
export function sentence(error: unknown): string {
  if (error instanceof AggregateError) return error.errors.map(sentence).join('; ');
  const text = error instanceof Error ? error.message || error.name : String(error);
  return text.replaceAll(/\s*\n\s*/g, ' ').trim();
}
