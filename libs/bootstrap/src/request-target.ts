/** Scheme and authority of a target in absolute form, as proxies send it (RFC 9112, 3.2.2). */
const AUTHORITY = /^https?:\/\/[^/?#]+/i;

/** The target of a request in origin form (`/path?query`), whatever form it was sent in. */
export function originForm(target: string): string {
  if (target.startsWith('/') || !AUTHORITY.test(target)) return target;
  const rest = target.replace(AUTHORITY, '');
  return rest.startsWith('/') ? rest : `/${rest}`;
}

/** The path of a request, as it was spelt: all that stands before a query or, which is no part of a target, a fragment. */
export const pathOf = (target: string): string => originForm(target).split(/[?#]/, 1)[0] as string;

/** The path of a request without percent escapes; as it was spelt when they are no UTF-8. */
export function decodedPathOf(target: string): string {
  const path = pathOf(target);
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}
