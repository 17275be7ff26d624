import { randomUUID } from 'node:crypto';
import { anAction } from '../../support/actions.js';
import { aMessage } from '../../support/client.js';
import type { Herald } from '../../support/herald.js';

/** A valid job of a producer as stored in Redis, and the table in which its effect is seen. */
export interface GoodJob {
  id: string;
  hash: Record<string, string>;
  effect: string;
}

type Hash = Record<string, string | Buffer>;

/** A job that a test puts on a queue without BullMQ. */
export interface OddJob {
  id?: string | Buffer;
  hash?: Hash;
  /** Instead of a hash. */
  key?: (good: GoodJob) => [command: string, ...args: (string | Buffer)[]];
  /** Instead of the list of those that wait. */
  place?: 'delayed' | 'prioritized' | 'active';
}

export type Shape = [name: string, ends: 'effect' | 'dead letter', make: (good: GoodJob) => OddJob];

export const QUEUES = ['delivery', 'agent-actions', 'merchant-answers'] as const;

export function aGoodJob(herald: Herald, queue: (typeof QUEUES)[number]): GoodJob {
  const id = randomUUID();
  const of = { correlationId: id, companyId: herald.company.id };
  const [name, data, effect] = {
    delivery: ['deliver', { ...of, body: aMessage() }, 'select id from feed_messages'],
    'agent-actions': ['record', { ...of, body: anAction() }, 'select id from agent_actions'],
    'merchant-answers': [
      'conversation.upsert',
      {
        correlationId: id,
        body: { id: Math.ceil(Math.random() * 1e12), merchant_id: 1, updated_at: '2026-01-01T00:00:00Z' },
      },
      'select id from requests',
    ],
  }[queue] as [string, object, string];
  const hash = {
    name,
    data: JSON.stringify(data),
    opts: '{}',
    timestamp: String(Date.now()),
    delay: '0',
    priority: '0',
  };
  return { id, hash, effect };
}

const withField =
  (field: string, value?: string | Buffer) =>
  ({ hash }: GoodJob): OddJob => {
    const others = Object.entries(hash).filter(([name]) => name !== field);
    return { hash: { ...Object.fromEntries(others), ...(value === undefined ? {} : { [field]: value }) } };
  };
const withData = (data: string | Buffer) => withField('data', data);
const nested = (levels: number) => `${'{"a":'.repeat(levels)}1${'}'.repeat(levels)}`;
/** The good job's data with something added, unchecked. */
const added =
  (json: (good: GoodJob) => string) =>
  (good: GoodJob): OddJob => ({
    hash: { ...good.hash, data: `${(good.hash['data'] as string).slice(0, -1)},${json(good)}}` },
  });
const transport = (value: object) => JSON.stringify(value);

const NOW = Date.now();
const TIMES = ['', 'yesterday', 'NaN', 'Infinity', '-1', '1e3', '0', `${NOW / 1000}`, `${NOW}000`, `${NOW}000000`];
const OPTIONS = [
  '',
  '{',
  'null',
  '7',
  '"x"',
  '[1]',
  'NaN',
  '{"attempts":1e9,"backoff":{"type":"none of ours"}}',
  '{"attempts":"x","backoff":"x","delay":"x","priority":{},"tm":{},"telemetry":7}',
  '{"removeOnFail":true,"removeOnComplete":true}',
  '{"removeOnFail":{"age":"x","count":[]},"removeOnComplete":{"count":1.5}}',
  '{"removeOnFail":null,"removeOnComplete":"x"}',
  '{"repeat":{"every":1000},"repeatJobKey":{},"jobId":{}}',
  '{"parent":7,"failParentOnFailure":true,"de":7,"kl":"x","stackTraceLimit":"x"}',
  '{"tm":"{","omc":7}',
];
const OTHER_FIELDS: [string, string][] = [
  ['id', 'another'],
  ['progress', '{'],
  ['parent', '{'],
  ['parent', '7'],
  ['parent', '{"id":1}'],
  ['parentKey', 'nobody'],
  ['atm', 'x'],
  ['atm', '-5'],
  ['attemptsMade', 'x'],
  ['ats', 'x'],
  ['ats', '1.5'],
  ['stc', 'x'],
  ['stc', '-1000000'],
  ['stc', '3'],
  ['deid', 'x'],
  ['rjk', 'x'],
  ['rjk', 'a:b:c:d:e'],
  ['processedOn', 'x'],
  ['finishedOn', 'x'],
  ['stacktrace', '{'],
  ['returnvalue', '{'],
  ['failedReason', '\u0000'],
  ['priority', 'x'],
  ['delay', 'x'],
  ['pb', 'x'],
  ['__proto__', 'x'],
];
const NAMES = ['', 'constructor', '__proto__', 'toString', 'x'.repeat(100_000), '\u0000', 'owed ', '\ud83d'];
const GARBAGE: [string, string | Buffer][] = [
  ['nothing', ''],
  ['null', 'null'],
  ['a number', '7'],
  ['NaN', 'NaN'],
  ['a text', '"x"'],
  ['a list', '[1]'],
  ['what Python writes', '{"correlationId": NaN}'],
  ['truncated', '{"correlationId":"'],
  ['not JSON', "{'a': 1}"],
  ['binary', Buffer.from([0, 255, 254, 10, 123, 192])],
  ['NUL', '{"a":"\u0000"}'],
  ['an escaped NUL', '{"a\\u0000":"\\u0000"}'],
  ['half an emoji in a key and a value', '{"a\\ud83d":"\\ud83d"}'],
  ['nested 5,000 deep', nested(5000)],
  ['nested 80,000 deep', nested(80_000)],
  ['lists nested 200,000 deep', `${'['.repeat(200_000)}${']'.repeat(200_000)}`],
  ['5 MB', JSON.stringify({ a: 'x'.repeat(5_000_000) })],
  ['10,000 fields', JSON.stringify(Object.fromEntries(Array.from({ length: 10_000 }, (_, n) => [`f${n}`, n])))],
  ['a broken body that names a channel for replies', '{"body":7,"$herald":{"replyTo":"x"}}'],
];

export const SHAPES: Shape[] = [
  ['as it should be', 'effect', ({ hash }) => ({ hash })],
  ['no timestamp', 'effect', withField('timestamp')],
  ...TIMES.map((time): Shape => [`timestamp ${JSON.stringify(time)}`, 'effect', withField('timestamp', time)]),
  ['no opts', 'effect', withField('opts')],
  ...OPTIONS.map((opts): Shape => [`opts ${opts}`, 'effect', withField('opts', opts)]),
  ...OTHER_FIELDS.map(([field, value]): Shape => [
    `${field} ${JSON.stringify(value)}`,
    'effect',
    withField(field, value),
  ]),
  ['a deferred failure', 'dead letter', withField('defa', 'child failed')],
  ['stalled over and over', 'dead letter', withField('stc', '4')],
  ['no name', 'dead letter', withField('name')],
  ...NAMES.map((name): Shape => [`name ${JSON.stringify(name).slice(0, 20)}`, 'dead letter', withField('name', name)]),
  ['no data', 'dead letter', withField('data')],
  ...GARBAGE.map(([name, data]): Shape => [`data: ${name}`, 'dead letter', withData(data)]),
  [
    'garbage that asks to be removed',
    'dead letter',
    ({ hash }) => ({ hash: { ...hash, data: '{', opts: '{"removeOnFail":true}' } }),
  ],
  ['a mark of a dead letter that no worker made', 'effect', withField('$herald.letter', '1')],
  ['a deadline that is over', 'effect', added(() => `"$herald":${transport({ deadline: 1 })}`)],
  ['transport matter that is none', 'effect', added(() => '"$herald":[7]')],
  ['transport fields of other types', 'effect', added(() => `"$herald":${transport({ alone: 'x', traceparent: 7 })}`)],
  [
    'half an emoji in a field name',
    'dead letter',
    ({ hash }) => ({ hash: { ...hash, data: '{"body":{"\\ud83d":1}}' } }),
  ],
  [
    'an emoji where a reason is cut',
    'dead letter',
    ({ hash }) => ({
      hash: { ...hash, name: `${'x'.repeat(99)}😀`, data: JSON.stringify({ [`${'y'.repeat(99)}😀`]: 1 }) },
    }),
  ],
  ['an empty hash', 'dead letter', () => ({ hash: { x: '' } })],
  ['no hash at all', 'dead letter', () => ({})],
  ['a text in its place', 'dead letter', () => ({ key: () => ['set', '{"a":1}'] })],
  ['a list in its place', 'dead letter', () => ({ key: () => ['rpush', 'a', Buffer.from([255])] })],
  ['a set in its place', 'dead letter', () => ({ key: () => ['sadd', 'a', 'b'] })],
  ['a sorted set in its place', 'dead letter', () => ({ key: () => ['zadd', '1', 'a'] })],
  ['a stream in its place', 'dead letter', () => ({ key: () => ['xadd', '*', 'a', 'b'] })],
  ['delayed', 'effect', ({ hash }) => ({ hash: { ...hash, delay: '50' }, place: 'delayed' })],
  ['delayed garbage', 'dead letter', ({ hash }) => ({ hash: { ...hash, data: '{', priority: 'x' }, place: 'delayed' })],
  ['prioritized', 'effect', ({ hash }) => ({ hash: { ...hash, priority: '3' }, place: 'prioritized' })],
  ['left in work by nobody', 'effect', ({ hash }) => ({ hash, place: 'active' })],
  ['an empty id', 'effect', ({ hash }) => ({ hash, id: '' })],
  ['a long id', 'effect', ({ hash }) => ({ hash, id: 'x'.repeat(5000) })],
  ['a long id of garbage', 'dead letter', ({ hash }) => ({ hash: { ...hash, data: '{' }, id: 'y'.repeat(5000) })],
  ['an id with NUL', 'dead letter', ({ hash }) => ({ hash: { ...hash, data: '{' }, id: 'a\u0000b' })],
  ['an id with colons', 'effect', ({ hash }) => ({ hash, id: 'a:b:c' })],
  ['an id that is no text', 'effect', ({ hash }) => ({ hash, id: Buffer.from([255, 1, 254]) })],
  [
    'an id that is no text, of garbage',
    'dead letter',
    ({ hash }) => ({ hash: { ...hash, data: '{' }, id: Buffer.from([250]) }),
  ],
  ["the id of one of the queue's own keys", 'dead letter', () => ({ id: 'meta' })],
  ["a message under the id of one of the queue's own keys", 'effect', ({ hash }) => ({ hash, id: 'meta' })],
];
