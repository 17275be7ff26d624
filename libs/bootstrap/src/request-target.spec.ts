import { decodedPathOf, originForm, pathOf } from './request-target.js';

it.each([
  ['/v1/feed?tab=ai', '/v1/feed?tab=ai'],
  ['http://herald.example/v1/feed?tab=ai', '/v1/feed?tab=ai'],
  ['HTTPS://herald.example:8443/v1/feed', '/v1/feed'],
  ['http://user@[::1]:3000/v1/feed', '/v1/feed'],
  ['http://herald.example', '/'],
  ['http://herald.example?a=/b', '/?a=/b'],
  ['/http://herald.example/v1', '/http://herald.example/v1'],
  ['//herald.example/v1', '//herald.example/v1'],
  ['http:///v1/feed', 'http:///v1/feed'],
  ['ftp://herald.example/v1', 'ftp://herald.example/v1'],
  ['example.com:443', 'example.com:443'],
  ['*', '*'],
  ['', ''],
])('the target %j has the origin form %j', (target, expected) => {
  expect(originForm(target)).toBe(expected);
});

it.each([
  ['/v1/feed?tab=ai', '/v1/feed'],
  ['/v1/feed#top', '/v1/feed'],
  ['/v1/feed?a=#?', '/v1/feed'],
  ['http://herald.example/v1/%66eed?tab=ai', '/v1/%66eed'],
])('the path of %j is %j', (target, expected) => {
  expect(pathOf(target)).toBe(expected);
});

it('a path is decoded if possible', () => {
  expect(decodedPathOf('/v1/%66eed?%61')).toBe('/v1/feed');
  expect(decodedPathOf('/v1/%zz')).toBe('/v1/%zz');
});
