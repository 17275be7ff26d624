/** Scheme and authority of a target in absolute form, as proxies send it (RFC 9112, 3.2.2). */
const AUTHORITY = /^https?:\/\/[^/?#]+/i;

/** Converts the target of a request from any form to origin form (`/path?query`). */
export function originForm(target: string): string {
  if (target.startsWith('/') || !AUTHORITY.test(target)) return target;
  const rest = target.replace(AUTHORITY, '');
  return rest.startsWith('/') ? rest : `/${rest}`;
}

/** Returns the path of a request as it was spelt: all before a query or a fragment (which a target should not have). */
export const pathOf = (target: string): string => originForm(target).split(/[?#]/, 1)[0] as string;

/** Returns the decoded path of a request, or the path as it was spelt if it does not decode to UTF-8. */
export function decodedPathOf(target: string): string {
  const path = pathOf(target);
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}
