const HERE = 'http://here';
/** As long as a link to the messages of a full job. */
const MAX_LENGTH = 10_000;
const OVERVIEW = '/';

/**
 * A path of this site to go on to, the overview for anything else. Browsers and proxies read some spellings of a path as
 * another host: those that begin with two slashes or backslashes, also after dots and escapes were resolved.
 */
export function placeOf(next: unknown): string {
  if (typeof next !== 'string' || next.length > MAX_LENGTH || !/^\/[!-~]*$/.test(next)) return OVERVIEW;
  if (!URL.canParse(next, HERE)) return OVERVIEW;
  const { origin, pathname, search } = new URL(next, HERE);
  const read = decoded(decoded(pathname));
  return origin === HERE && !/\\|\/\/|\p{Cc}/u.test(read) ? pathname + search : OVERVIEW;
}

/** `%2f` and `%5c` too, which some proxies resolve. */
function decoded(path: string): string {
  return path.replaceAll(/%([0-7][\da-f])/gi, (_, code: string) => String.fromCharCode(Number.parseInt(code, 16)));
}
