import { execFile } from 'node:child_process';
import { EventSource } from 'eventsource';
import { aMessage, call } from '../../support/client.js';
import { eventually } from '../../support/eventually.js';
import { Herald } from '../../support/herald.js';

let herald: Herald;
beforeAll(async () => {
  herald = await Herald.start({ services: ['gateway', 'delivery'] });
});
afterAll(() => herald.stop());

const send = async (title: string): Promise<string> => {
  const token = herald.token('unlimitedAccessToken');
  return (await call('POST', `${herald.url}/v1/feed/ai`, { token, body: aMessage({ title }) })).body.correlationId;
};

it('an EventSource goes on by itself when its gateway stops and another takes the address', async () => {
  const port = new URL(herald.url).port;
  const seen: { id: string; lastEventId: string }[] = [];
  const source = new EventSource(`${herald.url}/v1/feed/stream`, {
    fetch: (url, init) =>
      fetch(url, { ...init, headers: { ...init.headers, authorization: `Bearer ${herald.jwtOf('dmurta')}` } }),
  });
  try {
    let counts = 0;
    source.addEventListener('unread', () => counts++);
    source.addEventListener('message', ({ data, lastEventId }) => seen.push({ id: JSON.parse(data).id, lastEventId }));
    await eventually(() => counts > 0);
    const sent = [await send('one'), await send('two')];
    await eventually(() => seen.length === 2);
    await herald.service('gateway').stop();
    await herald.startService('gateway', { env: { PORT: port } });
    sent.push(await send('three'));
    await eventually(() => seen.length === 3, 20_000);
    expect(seen.map(({ id }) => id)).toEqual(sent);
  } finally {
    source.close();
  }
});

it('curl -N shows each event as it comes', async () => {
  const args = ['-sN', '-H', `Authorization: Bearer ${herald.jwtOf('dmurta')}`, `${herald.url}/v1/feed/stream`];
  const curl = execFile('curl', args);
  let shown = '';
  curl.stdout?.on('data', (chunk) => (shown += chunk));
  try {
    await eventually(() => shown.includes('event: unread\n'));
    const id = await send('curl');
    await eventually(() => shown.includes(`"id":"${id}"`));
    expect(shown).toMatch(new RegExp(`event: message\\nid: \\d+\\.${id}\\ndata: {"id":"${id}"`));
  } finally {
    curl.kill();
  }
});

it('a list and a stream from its position leave no gap', async () => {
  const token = herald.jwtOf('dmurta');
  const before = await send('before the list');
  const list = await eventually(async () => {
    const answer = await call('GET', `${herald.url}/v1/feed`, { token });
    return answer.body.data.some(({ id }: { id: string }) => id === before) && answer;
  });
  const position = list.headers.get('stream-position') as string;
  const after = [await send('after the list'), await send('after the list')];
  const listed = (await eventually(async () => {
    const { body } = await call('GET', `${herald.url}/v1/feed`, { token });
    return body.data.slice(0, 2).every(({ id }: { id: string }) => after.includes(id)) && body.data;
  })) as { id: string }[];
  const curl = execFile('curl', [
    '-sN',
    '-H',
    `Authorization: Bearer ${token}`,
    `${herald.url}/v1/feed/stream?last_event_id=${position}`,
  ]);
  let shown = '';
  curl.stdout?.on('data', (chunk) => (shown += chunk));
  try {
    await eventually(() => shown.includes('event: unread\n'));
    const ids = [...shown.matchAll(/^data: {"id":"([^"]+)"/gm)].map(([, id]) => id);
    // Whatever the list showed already may come again; nothing after it is missing.
    expect(ids).toEqual(expect.arrayContaining(listed.slice(0, 2).map(({ id }) => id)));
    expect(ids.every((id) => listed.some((each) => each.id === id))).toBe(true);
  } finally {
    curl.kill();
  }
});
