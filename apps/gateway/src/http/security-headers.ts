/**
 * What every answer of an API tells browsers and caches: nothing in it is to be run, framed, guessed at or kept. Set as
 * the reply's own: what is set on Node's response first makes Node go through all headers twice.
 */
export const SECURITY_HEADERS = {
  'cache-control': 'no-store',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'strict-transport-security': 'max-age=31536000; includeSubDomains',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
};
