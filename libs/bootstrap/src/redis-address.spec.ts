import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseRedisUrl } from './redis-address.js';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'herald-redis-address-'));
  for (const name of ['ca', 'cert', 'key']) writeFileSync(join(folder, `${name}.pem`), name);
});
afterAll(() => rmSync(folder, { recursive: true }));

const file = (name: string) => join(folder, `${name}.pem`);

it.each([
  ['redis://localhost', { kind: 'server', nodes: [{ host: 'localhost', port: 6379 }] }],
  ['redis://[::1]:7000/2', { kind: 'server', nodes: [{ host: '::1', port: 7000 }], database: 2 }],
  ['redis://:pass@localhost:1', { kind: 'server', nodes: [{ host: 'localhost', port: 1 }], password: 'pass' }],
  [
    'redis://herald:p%40ss:w%2Frd@redis.internal:6380/',
    {
      kind: 'server',
      nodes: [{ host: 'redis.internal', port: 6380 }],
      username: 'herald',
      password: 'p@ss:w/rd',
    },
  ],
  ['rediss://localhost', { kind: 'server', nodes: [{ host: 'localhost', port: 6379 }], tls: {} }],
  [
    'redis+cluster://u:p@a:7000,b,[::2]:7002',
    {
      kind: 'cluster',
      nodes: [
        { host: 'a', port: 7000 },
        { host: 'b', port: 6379 },
        { host: '::2', port: 7002 },
      ],
      username: 'u',
      password: 'p',
    },
  ],
  [
    'redis+sentinel://u:p@a,b:26380/mymaster?sentinel_password=s%26s',
    {
      kind: 'sentinel',
      nodes: [
        { host: 'a', port: 26_379 },
        { host: 'b', port: 26_380 },
      ],
      username: 'u',
      password: 'p',
      master: 'mymaster',
      sentinelPassword: 's&s',
    },
  ],
])('%s is parsed', (url, address) => {
  expect(parseRedisUrl(url)).toEqual(address);
});

it('reads TLS files for every kind of server', () => {
  const files = `sslrootcert=${file('ca')}&sslcert=${file('cert')}&sslkey=${file('key')}`;
  const tls = { ca: 'ca', cert: 'cert', key: 'key' };
  expect(parseRedisUrl(`rediss://localhost?${files}`).tls).toEqual(tls);
  expect(parseRedisUrl(`rediss+cluster://a,b?${files}`).tls).toEqual(tls);
  expect(parseRedisUrl(`rediss+sentinel://a,b/m?sslrootcert=${file('ca')}`).tls).toEqual({ ca: 'ca' });
});

it.each([
  ['http://localhost', /^must be a URL that starts with redis:/],
  ['redis://', /^must be a URL that starts with redis:/],
  ['redis+cluster://a:x,b', /^must be a URL that starts with redis:/],
  ['redis+cluster://a,,b', /^must be a URL that starts with redis:/],
  ['redis+cluster:/a', /^must be a URL that starts with redis:/],
  ['redis://a,b', /names several servers/],
  ['redis://a/x', /number of a database/],
  ['redis+cluster://a/1', /names a database/],
  ['redis+sentinel://a', /name of the master/],
  ['redis://:50%@a', /%25/],
  ['redis://a?timeout=5', /a parameter timeout/],
  ['redis+cluster://a?sentinel_password=x', /a parameter sentinel_password/],
  ['redis://a?sslrootcert=/ca.pem', /a parameter sslrootcert/],
  ['rediss://a?sslrootcert=/nowhere/ca.pem', /names a file by sslrootcert that cannot be read \(ENOENT\)/],
])('%s is refused with the reason', (url, reason) => {
  expect(() => parseRedisUrl(url)).toThrow(reason);
});

it('requires a certificate and its key together', () => {
  expect(() => parseRedisUrl(`rediss://a?sslcert=${file('cert')}`)).toThrow(/sslcert and sslkey/);
});

it('never shows a secret', () => {
  for (const url of ['redis://:hush@a,b', 'redix://:hush@a', 'redis://:hush%@a', 'redis+sentinel://:hush@a']) {
    expect(() => parseRedisUrl(url)).toThrow(expect.not.objectContaining({ message: expect.stringContaining('hush') }));
  }
});
