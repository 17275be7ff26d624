import { addressOf, inNetworks, networkOf, networkOfClient } from './networks.js';

it.each([
  ['203.0.113.8', '203.0.113.8'],
  ['203.0.113.8:4711', '203.0.113.8'],
  ['[203.0.113.8]:4711', '203.0.113.8'],
  ['::ffff:203.0.113.8', '203.0.113.8'],
  ['::FFFF:cb00:7108', '203.0.113.8'],
  ['[::ffff:203.0.113.8]:4711', '203.0.113.8'],
  ['0:0:0:0:0:ffff:203.0.113.8', '203.0.113.8'],
  ['2001:db8::1', '2001:db8::1'],
  ['[2001:db8::1]', '2001:db8::1'],
  ['[2001:db8::1]:443', '2001:db8::1'],
  ['2001:0DB8:0:0:0:0:0:1', '2001:db8::1'],
  ['fe80::1%eth0', 'fe80::1'],
])('%s is the address %s', (text, address) => {
  expect(addressOf(text)).toBe(address);
});

it.each([
  undefined,
  '',
  'unknown',
  '_hidden',
  '203.0.113',
  '203.0.113.8:',
  '203.0.113.8:x',
  '[2001:db8::1',
  '1'.repeat(9999),
])('%s is no address', (text) => {
  expect(addressOf(text)).toBeUndefined();
});

it.each([
  ['2001:db8::1', '2001:db8:0:0'],
  ['2001:db8:0:0:ffff::', '2001:db8:0:0'],
  ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2'],
  ['::1', '0:0:0:0'],
  ['203.0.113.8:1', '203.0.113.8'],
])('%s belongs to %s', (text, network) => {
  const [groups, all] = [networkOf(text).split(':'), network.split(':')];
  expect(groups.map((group) => group || '0')).toEqual(all);
});

describe('trusted proxies', () => {
  const isTrusted = inNetworks(['10.0.0.0/8', '192.0.2.1', '2001:db8::/32', '::ffff:172.16.0.0/108']);

  it.each(['10.1.2.3', '10.1.2.3:80', '::ffff:10.1.2.3', '192.0.2.1', '[2001:db8::1]:443', '172.16.1.1'])(
    '%s is one',
    (text) => expect(isTrusted(text)).toBe(true),
  );
  it.each(['11.1.2.3', '192.0.2.2', '2001:db9::1', '172.32.0.1', 'unknown', '', undefined])('%s is none', (text) =>
    expect(isTrusted(text)).toBe(false),
  );
  it('are none unless some are named', () => expect(inNetworks([])('127.0.0.1')).toBe(false));
});

it('replaces an invalid address by that of the proxy that reported it', () => {
  expect(networkOfClient({ ips: ['10.0.0.1', '203.0.113.8:4711'] })).toBe('203.0.113.8');
  expect(networkOfClient({ ips: ['10.0.0.1', 'unknown'] })).toBe('10.0.0.1');
  expect(networkOfClient({ ip: '::ffff:203.0.113.8' })).toBe('203.0.113.8');
  expect([networkOfClient({}), networkOfClient({ ips: [undefined] })]).toEqual(['', '']);
});
