import { safeRedirect } from './safe-redirect.js';

it.each([
  '/',
  '/dead-letters?queue=delivery&error=50%25+%26',
  '/messages?id=a&id=b',
  '/board/viewer/queue/delivery?status=failed',
  '/dead-letters/../messages',
  '/messages?next=//evil.example',
])('%j is a place', (next) => {
  const { pathname, search } = new URL(next, 'http://ops');
  expect(safeRedirect(next)).toBe(pathname + search);
});

it.each([
  '//evil.example',
  '///evil.example',
  '/..//evil.example',
  '/.//evil.example',
  '/x/..//evil.example',
  '/x/../..//evil.example',
  '/%2e%2e//evil.example',
  '/%2E//evil.example',
  '/..%2f/evil.example',
  '/%2f/evil.example',
  '/%2Fevil.example',
  '/%252fevil.example',
  '/\\evil.example',
  '\\\\evil.example',
  '/..\\/evil.example',
  '/..\\\\evil.example',
  '/%5cevil.example',
  '/%5C%5cevil.example',
  '/..%5cevil.example',
  '/\t/evil.example',
  '/\n//evil.example',
  '/%09/evil.example',
  '/%0d%0aLocation:%20//evil.example',
  '\u0000//evil.example',
  ' //evil.example',
  '/ /evil.example',
  '/\u00a0/evil.example',
  '/\u2215evil.example',
  '/\uff0fevil.example',
  'https://evil.example/',
  'https:evil.example',
  'http://here/x',
  'http://here@evil.example/',
  'javascript:alert(1)',
  'data:text/html,x',
  'evil.example',
  '@evil.example',
  '?x',
  '',
  `/${'x'.repeat(20_000)}`,
  undefined,
  null,
  ['/a'],
])('%j leads to the overview', (next) => {
  expect(safeRedirect(next)).toBe('/');
});
