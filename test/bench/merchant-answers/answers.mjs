/** A process of its own: merchants who answer, each notification once. Reads its plan as JSON. */
import { readFileSync } from 'node:fs';
import { HttpConnection, requestBytes } from '../http-connection.mjs';
import { measure } from './callers.mjs';

const { url, token, open, callers, seconds } = JSON.parse(readFileSync(0, 'utf8'));
const connections = await Promise.all(Array.from({ length: callers }, () => HttpConnection.open(url)));
let next = open.first;

await measure(callers, seconds, async (caller) => {
  const id = next++;
  if (id > open.last) throw new Error('there are not enough notifications');
  const path = `${url}/api/v1/notification/${id}/answer`;
  const answer = await connections[caller].send(
    requestBytes({ url: path, token, body: { answer: 'Yes, we ship worldwide with 5-10 day delivery' } }),
  );
  if (answer.status !== 200) throw new Error(`${answer.status} ${answer.body}`);
});
for (const connection of connections) connection.close();
