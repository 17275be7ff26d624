/** Returns the quality of a type in an Accept header, from 0 to 1; undefined when the header does not name it. */
export function quality(accept: string, type: string): number | undefined {
  for (const range of accept.toLowerCase().split(',')) {
    const [name, ...parameters] = range.split(';').map((part) => part.trim());
    if (name !== type) continue;
    const [, q = '1'] = parameters.map((each) => /^q\s*=\s*([\d.]+)$/.exec(each)).find(Boolean) ?? [];
    return Math.min(Number(q) || 0, 1);
  }
  return undefined;
}

/**
 * Returns whether an Accept header names `type` and prefers it to `usual`, or accepts both equally. A wildcard alone
 * selects `usual` (RFC 9110, 12.5.1). Parameters other than `q` are ignored.
 */
export function prefers(accept: string | undefined, type: string, usual: string): boolean {
  const wanted = accept ? (quality(accept, type) ?? 0) : 0;
  if (!accept || wanted === 0) return false;
  const ranges = [usual, usual.replace(/\/.*/, '/*'), '*/*'];
  const others = ranges.map((range) => quality(accept, range)).find((each) => each !== undefined) ?? 0;
  return wanted >= others;
}
