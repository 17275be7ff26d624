import { aMessage } from '../../support/client.js';
import { type Attacker, head } from './attacker.js';
import type { Attack } from './siege.js';

/** Tokens of the company that attacks: a program's, and a person's whose feed is long. */
export interface Attackers {
  credential: string;
  jwt: string;
}

const MIB = 1024 * 1024;
const bearer = (token: string) => ({ Authorization: `Bearer ${token}` });
const JSON_TYPE = { 'Content-Type': 'application/json' };
const times = (count: number, text: string) => text.repeat(count);
const READY = head('GET /health/ready');

/** Requests that hold a place in the gateway, and clients that leave. */
const slots = ({ credential, jwt }: Attackers): Record<string, Attack> => {
  const feed = head('GET /v1/feed?limit=100', bearer(jwt));
  const large = { 'Content-Length': 32 * MIB, ...JSON_TYPE };
  const gone = (text: string, afterMs: number) => (attacker: Attacker) =>
    attacker.repeat(10, 20, () => {
      const socket = attacker.connect(text);
      setTimeout(() => socket.resetAndDestroy(), afterMs * Math.random() * 2);
    });
  return {
    'a hundred GET /health/ready ahead of a large body, then gone': gone(
      times(100, READY) + head('POST /v1/feed/ai', large, '{'),
      20,
    ),
    'a few GET /health/ready ahead of a large body, then gone': gone(
      times(20, READY) + head('POST /v1/feed/ai', large, '{'),
      20,
    ),
    'requests ahead of half a head, then gone': gone(times(20, READY) + 'POST /v1/feed/ai HTTP/1.1\r\nHost:', 20),
    'requests ahead of half a body, then gone': gone(
      times(8, feed) + head('POST /v1/feed/ai/batch', { ...bearer(credential), ...large, 'Content-Length': MIB }, '{'),
      20,
    ),
    'requests with a login sent ahead, then gone while they are in work': gone(times(24, feed), 5),
    'one request at a time, then gone while it is in work': gone(feed, 2),
    'sends, then gone while they are in work': gone(
      times(10, sendOf(credential, JSON.stringify(aMessage()), '/v1/feed/ai')),
      2,
    ),
  };
};

export function sendOf(credential: string, body: string, path = '/v1/feed/ai/batch'): string {
  return head(`POST ${path}`, { ...bearer(credential), ...JSON_TYPE, 'Content-Length': Buffer.byteLength(body) }, body);
}

/** Slow bodies. */
const bodies = ({ credential }: Attackers): Record<string, Attack> => {
  const batch = (headers: Record<string, string | number>, body = '{') =>
    head('POST /v1/feed/ai/batch', { ...headers, ...JSON_TYPE }, body);
  const announced = { 'Content-Length': 8 * MIB };
  const chunked = { 'Transfer-Encoding': 'chunked' };
  const held = (count: number, text: string | Buffer) => (attacker: Attacker) =>
    attacker.hold(count, () => attacker.connect(text));
  const dripping = (text: string, drop: string) => (attacker: Attacker) =>
    Promise.all([held(50, text)(attacker), attacker.drip(1000, drop)]);
  const almost = Buffer.from(batch({ ...bearer(credential), ...announced }, ' '.repeat(8 * MIB - 1)));
  return {
    'four that announce 8 MiB and send a byte': held(4, batch({ ...bearer(credential), ...announced })),
    'six hundred that announce 8 MiB and send a byte': held(600, batch({ ...bearer(credential), ...announced })),
    'six hundred strangers that announce 8 MiB and send a byte': held(600, batch(announced)),
    'a byte a second': dripping(batch({ ...bearer(credential), ...announced }), ' '),
    'a chunk a second': dripping(batch({ ...bearer(credential), ...chunked }, '1\r\n{\r\n'), '1\r\n \r\n'),
    'a byte a second, of strangers': dripping(batch(announced), ' '),
    'a chunk a second, of strangers': dripping(batch(chunked, '1\r\n{\r\n'), '1\r\n \r\n'),
    'forty of 8 MiB that lack their last byte': held(40, almost),
  };
};

/** Responses that the client does not read. */
const readers = ({ jwt }: Attackers): Record<string, Attack> => {
  const unread =
    (text: string, count = 200) =>
    (attacker: Attacker) =>
      attacker.hold(count, () => attacker.connect(text).pause());
  const bundle = head('GET /docs/swagger-ui-bundle.js');
  return {
    'the largest file': unread(bundle),
    'the largest file, again and again': unread(times(30, bundle), 100),
    'the description': unread(times(10, head('GET /openapi.json'))),
    'long lists': unread(times(10, head('GET /v1/feed?limit=100', bearer(jwt))), 100),
  };
};

/** Pipelined requests, more than can be answered. */
const floods = ({ credential, jwt }: Attackers): Record<string, Attack> => {
  const flood = (text: string) => (attacker: Attacker) => attacker.hold(10, () => attacker.connect(times(2000, text)));
  return {
    'questions how the gateway is': flood(READY),
    'paths that nobody has': flood(head('GET /nowhere')),
    'the description': flood(head('GET /openapi.json')),
    'guesses of a credential': flood(head('GET /v1/feed', bearer('hrld_test_nobody_nothing'))),
    lists: flood(head('GET /v1/feed?limit=100', bearer(jwt))),
    sends: flood(sendOf(credential, JSON.stringify(aMessage()), '/v1/feed/ai')),
  };
};

/** Connections on which nothing, or hardly anything, comes. */
const heads = (): Record<string, Attack> => ({
  'connections that stay silent': (attacker) => attacker.hold(1500, () => attacker.connect()),
  'half a head': (attacker) => attacker.hold(500, () => attacker.connect('GET /v1/feed HTTP/1.1\r\nHost: x\r\n')),
  'a header a second': (attacker) =>
    Promise.all([
      attacker.hold(200, () => attacker.connect('GET /v1/feed HTTP/1.1\r\nHost: x\r\n')),
      attacker.drip(1000, 'X-More: 1\r\n'),
    ]),
  'a connection for each request': (attacker) => attacker.repeat(20, 20, () => attacker.connect(head('GET /nowhere'))),
});

/** Text that costs far more to process than to read. */
const texts = ({ credential }: Attackers): Record<string, Attack> => {
  const asking = (body: string) => {
    const text = sendOf(credential, body);
    return (attacker: Attacker) => attacker.hold(4, () => attacker.connect(text));
  };
  const batchOf = (count: number, item: unknown) =>
    JSON.stringify({ messages: Array.from({ length: count }, () => item) });
  const marks = '\u0316\u0301'.repeat(200_000);
  const unknown = Object.fromEntries(Array.from({ length: 1000 }, (_, n) => [`f${n}`, 0]));
  return {
    'titles of alternating marks': asking(batchOf(4, aMessage({ title: marks }))),
    'thousands of unknown fields in each of many messages': asking(batchOf(500, { ...aMessage(), ...unknown })),
    brackets: asking('['.repeat(MIB)),
    'objects as deep as they may be': asking(
      batchOf(1000, { message: JSON.parse('{"a":'.repeat(50) + '1' + '}'.repeat(50)) }),
    ),
    'messages that are none': asking(batchOf(1000, 0)),
    'millions of empty lists': asking(`{"messages":[${'[],'.repeat(2_600_000)}[]]}`),
    'millions of numbers': asking(`{"messages":[${'1,'.repeat(4_000_000)}1]}`),
  };
};

/** Every kind of attack on the gateway, by name. */
export const attacksOf = (attackers: Attackers): Record<string, Record<string, Attack>> => ({
  slots: slots(attackers),
  'slow bodies': bodies(attackers),
  'slow readers': readers(attackers),
  floods: floods(attackers),
  'slow heads': heads(),
  'heavy text': texts(attackers),
});
