/**
 * A process of its own: people who follow their feeds, by a stream or by asking every second, while messages are sent to
 * them at a steady rate. Reads its plan as JSON; prints `ready` once they listen, and at the end when each message was
 * first seen, in epoch milliseconds.
 */
import { readFileSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';

const { url, token, people, how, perSecond, seconds } = JSON.parse(readFileSync(0, 'utf8'));
const ASK_EVERY_MS = 1000;
const OPEN_AT_ONCE = 100;
const LAST_MS = 3000;

const agent = new Agent({ keepAlive: true, maxSockets: 256 });
const seen = new Map();
let listening = true;

function see(id) {
  if (!seen.has(id)) seen.set(id, performance.timeOrigin + performance.now());
}

/** Resolves when the stream has said its first event. */
function follow({ jwt }) {
  return new Promise((resolve, reject) => {
    const headers = { authorization: `Bearer ${jwt}` };
    request(`${url}/v1/feed/stream`, { headers, agent: false }, (response) => {
      if (response.statusCode !== 200) return reject(new Error(`the stream was refused: ${response.statusCode}`));
      response.setEncoding('utf8').on('data', (text) => {
        for (const [, id] of text.matchAll(/^id: \d+\.(\S+)$/gm)) see(id);
        resolve();
      });
    })
      .on('error', reject)
      .end();
  });
}

/** One request over the shared connections; resolves with the body. */
function call(method, path, bearer, body) {
  return new Promise((resolve, reject) => {
    const headers = {
      authorization: `Bearer ${bearer}`,
      ...(body ? { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) } : {}),
    };
    request(`${url}${path}`, { method, headers, agent }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (chunk) => (text += chunk));
      response.on('end', () => resolve(text));
    })
      .on('error', reject)
      .end(body);
  });
}

/** Asks every second; the people begin spread over the second, as they would. */
async function ask({ jwt }) {
  await sleep(Math.random() * ASK_EVERY_MS);
  while (listening) {
    const askedAt = performance.now();
    const { data } = JSON.parse(await call('GET', '/v1/feed?limit=100', jwt));
    for (const { id } of data) see(id);
    await sleep(Math.max(0, ASK_EVERY_MS - (performance.now() - askedAt)));
  }
}

async function send() {
  const { login } = people[Math.floor(Math.random() * people.length)];
  const message = { title: 'live', body: 'a message', authorLogin: 'admin', recipientLogin: login };
  const { correlationId } = JSON.parse(await call('POST', '/v1/feed/ai', token, JSON.stringify({ message })));
  return correlationId;
}

if (how === 'stream') {
  for (let n = 0; n < people.length; n += OPEN_AT_ONCE)
    await Promise.all(people.slice(n, n + OPEN_AT_ONCE).map(follow));
} else {
  for (const person of people) void ask(person);
  await sleep(2 * ASK_EVERY_MS);
}
console.log('ready');
const sent = [];
const begun = performance.now();
for (let n = 0; n < perSecond * seconds; n++) {
  await sleep(Math.max(0, begun + (n * 1000) / perSecond - performance.now()));
  sent.push(send());
}
await sleep(perSecond > 0 ? LAST_MS : seconds * 1000);
listening = false;
const ids = await Promise.all(sent);
console.log(JSON.stringify(ids.map((id) => [id, seen.get(id) ?? null])));
process.exit();
