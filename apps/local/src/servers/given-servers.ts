import { createConnection } from 'node:net';
import { unusable } from '@herald/operator';
import type { RedisAddress } from '@herald/queue';
import { Client } from 'pg';

const connectTimeoutMs = 5_000;

/** @throws Failure when a login to the Postgres of DATABASE_URL fails */
export async function checkPostgres(url: string): Promise<void> {
  const client = new Client({ connectionString: url, connectionTimeoutMillis: connectTimeoutMs });
  try {
    await client.connect();
  } catch (error) {
    throw unusable('Postgres', error);
  } finally {
    await client.end();
  }
}

/** @throws Failure when nothing listens at REDIS_URL. The services check the rest. */
export async function checkRedis({ nodes }: RedisAddress): Promise<void> {
  await Promise.any(nodes.map(dial)).catch(({ errors: [error] }: AggregateError) => {
    throw unusable('Redis', error);
  });
}

function dial({ host, port }: RedisAddress['nodes'][number]): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = createConnection({ host, port, timeout: connectTimeoutMs });
    socket.once('connect', resolve);
    socket.once('timeout', () => reject(new Error('no answer')));
    socket.once('error', reject);
    socket.once('connect', () => socket.destroy());
  });
}

/** Creates the database in our own server if it does not exist, and returns its URL. */
export async function ensureDatabase(serverUrl: string, name: string): Promise<string> {
  const client = new Client({ connectionString: serverUrl });
  await client.connect();
  try {
    const { rowCount } = await client.query('SELECT FROM pg_database WHERE datname = $1', [name]);
    if (!rowCount) await client.query(`CREATE DATABASE ${client.escapeIdentifier(name)}`);
  } finally {
    await client.end();
  }
  const url = new URL(serverUrl);
  url.pathname = `/${name}`;
  return url.href;
}
