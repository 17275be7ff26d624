/**
 * A process of its own: messages, actions, questions and answers arrive at `perSecond` together until `seconds` are over,
 * whether or not the system keeps up; without `perSecond`, as fast as they are answered. Reads its plan as JSON, prints
 * what was answered as JSON.
 */
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { HttpConnection, requestBytes } from '../http-connection.mjs';

const CONNECTIONS = 64;

const { gateway, token, merchant, recipients, perSecond, seconds } = JSON.parse(readFileSync(0, 'utf8'));

const message = (n) => ({
  message: {
    title: 'Sales of your store',
    body: 'Yesterday closed 12% above the same day of last week. Dairy and bakery grew most.',
    authorLogin: 'admin',
    recipientLogin: `reader-${n % recipients}`,
  },
  metadata: { campaign: 'daily-sales' },
});
const action = (n) => ({
  notification_type: 'tool_usage',
  title: 'Agent used a tool',
  message: 'Support Agent looked a customer up',
  metadata: { agent_id: `agent ${n % 40}`, tool_used: 'crm' },
});
const question = { notification_type: 'user_question_request', context: { question: 'Do you ship internationally?' } };

const send = (path, body, bearer = token) => requestBytes({ url: `${gateway}${path}`, token: bearer, body });
/** In twenty arrivals: fourteen messages, four actions, one question, one answer. */
const arrivals = [
  ...Array.from({ length: 14 }, () => (n) => send('/v1/feed/ai', message(n))),
  ...Array.from({ length: 4 }, () => (n) => send('/team-notifications', action(n))),
  () => send('/api/v1/notification/request', { ...question, conversation_id: merchant.conversation }, merchant.jwt),
  () => send(`/api/v1/notification/${merchant.open++}/answer`, { answer: 'Yes, we ship worldwide' }, merchant.jwt),
];

const connections = await Promise.all(Array.from({ length: CONNECTIONS }, () => HttpConnection.open(gateway)));
const answers = {};
let n = 0;
const next = () => arrivals[n % arrivals.length](n++);
const start = performance.now();
const end = start + seconds * 1000;

async function answered(connection, request) {
  const { status } = await connection.send(request);
  answers[status] = (answers[status] ?? 0) + 1;
}

async function asFastAsItGoes() {
  const loop = async (connection) => {
    while (performance.now() < end) await answered(connection, next());
  };
  await Promise.all(connections.map(loop));
}

async function asTheyArrive() {
  // The one that was longest without work is next: a connection on which nothing is asked is closed.
  const idle = [...connections];
  const waiting = [];
  const work = async (connection) => {
    while (waiting.length > 0) await answered(connection, waiting.shift());
    idle.push(connection);
  };
  while (n < perSecond * seconds) {
    const dueAt = start + (n * 1000) / perSecond;
    while (dueAt > performance.now()) await sleep(1);
    waiting.push(next());
    if (idle.length > 0) void work(idle.shift());
  }
  while (idle.length < CONNECTIONS) await sleep(10);
}

await (perSecond ? asTheyArrive() : asFastAsItGoes());
for (const connection of connections) connection.close();
console.log(JSON.stringify({ answers, sent: n }));
