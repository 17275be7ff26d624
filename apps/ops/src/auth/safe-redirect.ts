const HERE = 'http://here';
/** Enough for a link to the messages of a full job. */
const MAX_LENGTH = 10_000;
const OVERVIEW = '/';

/**
 * Returns a path of this site that is safe to redirect to, and the overview for anything else. Browsers and proxies
 * read some paths as another host: those that begin with two slashes or backslashes, also after dots and escapes are
 * resolved.
 */
export function safeRedirect(next: unknown): string {
  if (typeof next !== 'string' || next.length > MAX_LENGTH || !/^\/[!-~]*$/.test(next)) return OVERVIEW;
  if (!URL.canParse(next, HERE)) return OVERVIEW;
  const { origin, pathname, search } = new URL(next, HERE);
  const read = decoded(decoded(pathname));
  return origin === HERE && !/\\|\/\/|\p{Cc}/u.test(read) ? pathname + search : OVERVIEW;
}

/** Decodes ASCII escapes, including `%2f` and `%5c`, which some proxies resolve. */
function decoded(path: string): string {
  return path.replaceAll(/%([0-7][\da-f])/gi, (_, code: string) => String.fromCharCode(Number.parseInt(code, 16)));
}
