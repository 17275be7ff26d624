/** Maximum size of a job's data. */
export const MAX_JOB_BYTES = 512 * 1024;
/** The body of a request may have 64 levels, and a job adds two. */
const MAX_DEPTH = 66;

const TOO_LARGE = `must be at most ${MAX_JOB_BYTES / 1024} KiB of JSON`;
const TOO_DEEP = `must be at most ${MAX_DEPTH} levels deep`;

/**
 * Returns why a job's data is refused before its contract checks it. It counts the minimum size of the JSON, and stops
 * as soon as that is too much.
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
