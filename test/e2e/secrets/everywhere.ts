import { Actions, anAction, aPerson } from '../../support/actions.js';
import { aMessage } from '../../support/client.js';
import type { Herald } from '../../support/herald.js';
import { Merchant, Producer } from '../../support/merchant.js';
import { Ops } from '../../support/ops.js';
import { basic } from '../../support/ops-users.js';
import { Wire } from '../../support/wire.js';
import type { Canaries } from './canaries.js';

/** Requests to every route, good and bad, and with credentials that are none: each carries canaries wherever it may. */
export async function askEverything(herald: Herald, canaries: Canaries): Promise<void> {
  const wire = new Wire(herald.url);
  const merchant = new Merchant(herald);
  const tokens = { program: herald.token('unlimitedApiKey'), person: herald.jwtOf('dmurta'), merchant: merchant.token };
  const question = await merchant.open();
  const action = await new Actions(herald).record({ recipients: [aPerson()] });
  const c = (where: string) => canaries.of(where);
  const good: [string, string, keyof typeof tokens, object?][] = [
    ['POST', '/v1/feed/ai', 'program', message(c)],
    ['POST', '/v1/feed/ai/batch', 'program', { messages: [message(c), { message: { title: c('a bad message') } }] }],
    ['GET', `/v1/feed?stray=${c('a query string')}`, 'person'],
    ['GET', '/v1/feed/unread-count', 'person'],
    ['GET', `/v1/feed/${c('a path of a read')}`, 'person'],
    ['PATCH', `/v1/feed/${c('a path')}`, 'person', { status: 'read' }],
    ['PATCH', '/v1/feed', 'person', { ids: [c('one of ids')], status: 'read' }],
    ['POST', '/v1/feed/read-all', 'person'],
    ['POST', '/v1/feed/archive-all', 'person', { upTo: c('an end') }],
    ['POST', '/v1/feed/seen', 'person', { upTo: c('what was seen') }],
    ['GET', `/v1/messages/${action.id}`, 'program'],
    [
      'POST',
      '/team-notifications',
      'program',
      anAction({
        title: c('a title'),
        message: c('a message'),
        metadata: { agent_id: c('an agent'), note: c('metadata') },
        action_url: `https://${c('an address')}.example`,
        recipients: [{ ...aPerson(), name: c('a name'), email: `${c('an e-mail address')}@example.com` }],
      }),
    ],
    ['GET', `/team-notifications?agent_id=${c('a filter')}`, 'program'],
    ['GET', `/team-notifications/stats?user_id=${c('a user id')}`, 'program'],
    ...['timeline', 'agents', 'tools'].map((figures): [string, string, 'program'] => [
      'GET',
      `/team-notifications/stats/${figures}?agent_id=${c(`an agent of ${figures}`)}`,
      'program',
    ]),
    ['GET', `/team-notifications/queries/${c('a query')}`, 'program'],
    ['GET', `/team-notifications/users/${action.recipients[0].user_id}`, 'program'],
    ['GET', `/team-notifications/${action.id}`, 'program'],
    [
      'PATCH',
      `/team-notifications/${action.id}/users/${action.recipients[0].user_id}/status`,
      'program',
      { status: 'read' },
    ],
    ['GET', '/api/v1/notification/', 'merchant'],
    [
      'POST',
      '/api/v1/notification/request',
      'merchant',
      { ...merchant.aRequest(), context: { question: c('a question'), lead_phone: c('a phone number') } },
    ],
    [
      'POST',
      `/api/v1/notification/${question}/answer`,
      'merchant',
      { answer: 5, [c('a field')]: c('a refused answer') },
    ],
    ['POST', `/api/v1/notification/${question}/answer`, 'merchant', { answer: c('an answer') }],
    ['DELETE', `/api/v1/notification/${question}`, 'merchant'],
  ];
  try {
    for (const [method, path, as, body] of good) {
      const json = body && JSON.stringify(body);
      const headers = {
        'content-type': 'application/json',
        'idempotency-key': c('an Idempotency-Key'),
        cookie: c('a cookie'),
      };
      const known = { ...headers, authorization: `Bearer ${tokens[as]}` };
      await wire.send({ method, path, headers: known, body: json });
      // The same, broken: JSON's own errors quote what they could not read.
      if (json) await wire.send({ method, path, headers: known, body: `${json.slice(0, -1)}${c('malformed JSON')}` });
      for (const strange of strangers(c))
        await wire.send({ method, path, headers: { ...headers, ...strange }, body: json });
    }
  } finally {
    wire.close();
  }
}

const message = (c: (where: string) => string) =>
  aMessage({
    title: c('a title').slice(0, 30),
    body: c('a body'),
    authorLogin: c('a login'),
    recipientLogin: c('a login'),
    question: c('a question'),
    metadata: { [c('a key of metadata')]: c('metadata') },
  });

/** Headers of unauthenticated callers, each with a secret value. */
const strangers = (c: (where: string) => string): Record<string, string>[] => [
  { authorization: `Bearer ${c('a token')}` },
  { 'x-api-key': `hrld_demo_0123456789ab_${c('a secret')}0123456789` },
  { authorization: `Basic ${Buffer.from(`user:${c('a password')}`).toString('base64')}` },
  {
    authorization: `Bearer eyJhbGciOiJIUzI1NiJ9.${Buffer.from(JSON.stringify({ sub: c('a claim') })).toString('base64url')}.${c('a signature')}`,
  },
];

/** Jobs of internal services: good ones, and ones that break their contracts or cannot be stored. */
export async function putEverything(herald: Herald, canaries: Canaries): Promise<void> {
  const { id: companyId } = herald.company;
  const jobs: [string, string, unknown][] = [
    [
      'delivery',
      'deliver',
      { correlationId: crypto.randomUUID(), companyId, body: message((where) => canaries.of(`${where} of a job`)) },
    ],
    ['delivery', 'deliver', { correlationId: canaries.of('a bad correlationId'), companyId, body: {} }],
    ['delivery', canaries.of('the name of a job'), { body: canaries.of('the body of an unknown job') }],
    ['delivery', 'deliver', canaries.of('a job that is a text')],
    [
      'agent-actions',
      'record',
      {
        correlationId: crypto.randomUUID(),
        companyId,
        body: anAction({ title: canaries.of('a title of a job'), stray: canaries.of('a stray field') }),
      },
    ],
    [
      'agent-actions',
      'record',
      {
        correlationId: crypto.randomUUID(),
        companyId: crypto.randomUUID(),
        body: anAction({ title: canaries.of('a title for nobody') }),
      },
    ],
    [
      'merchant-answers',
      'request',
      { correlationId: crypto.randomUUID(), merchantId: 1, body: { context: canaries.of('a bad context') } },
    ],
    [
      'merchant-answers',
      'conversation.upsert',
      {
        correlationId: crypto.randomUUID(),
        body: {
          id: 999,
          merchant_id: 1,
          lead_name: canaries.of('a name of a lead'),
          updated_at: canaries.of('a bad time'),
        },
      },
    ],
  ];
  for (const [queue, name, data] of jobs) {
    const producer = new Producer(herald, queue);
    await producer.put(name, data);
    await producer.close();
  }
}

/** Uses ops, where pages are personal and credentials secret. */
export async function lookIntoOps(herald: Herald, canaries: Canaries): Promise<void> {
  const ada = new Ops(herald, 'ada');
  for (const path of ['/', '/dead-letters', `/messages?correlationId=${canaries.of('a search')}`, '/nowhere'])
    await ada.get(path);
  for (const headers of [
    { authorization: basic('ada', canaries.of('a wrong password')) },
    { authorization: `Bearer ${canaries.of('a token for ops')}` },
  ]) {
    await new Ops(herald).get('/', headers);
  }
}
