/** A payload larger than this does not belong on a queue. */
export const MAX_JOB_BYTES = 512 * 1024;
/** A request's body may have 64 levels, and a job wraps it in two more. */
const MAX_DEPTH = 66;

const TOO_LARGE = `must be at most ${MAX_JOB_BYTES / 1024} KiB of JSON`;
const TOO_DEEP = `must be at most ${MAX_DEPTH} levels deep`;

/**
 * Reports why a job's data is refused before its contract looks at it. Counts the least that its JSON can take, and
 * stops where that is too much.
 */
export function faultOfSize(data: unknown): string | undefined {
  let bytes = 0;
  const visit = (value: unknown, depth: number): string | undefined => {
    bytes += typeof value === 'string' ? value.length + 2 : 1;
    if (bytes > MAX_JOB_BYTES) return TOO_LARGE;
    if (typeof value !== 'object' || value === null) return undefined;
    if (depth > MAX_DEPTH) return TOO_DEEP;
    if (Array.isArray(value)) return firstFault(value, (item) => visit(item, depth + 1));
    return firstFault(Object.keys(value), (key) => {
      bytes += key.length + 2;
      return visit((value as Record<string, unknown>)[key], depth + 1);
    });
  };
  return visit(data, 1);
}

function firstFault<T>(items: readonly T[], faultOf: (item: T) => string | undefined): string | undefined {
  for (const item of items) {
    const fault = faultOf(item);
    if (fault) return fault;
  }
  return undefined;
}
