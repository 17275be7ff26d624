/** The compared systems, each as the same few facts: where to send, where to look, which processes to measure. */
import { createHash, randomUUID } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { transformSync } from '@swc/core';
import getPort from 'get-port';
import { startService } from '../processes.mjs';

const here = (file) => fileURLToPath(new URL(file, import.meta.url));
const POOL_SIZE = '10';
const VISIBLE = 'select id from feed_messages where id = any($1::uuid[])';

export function heraldSystem({ demo, pidOf }) {
  const [company] = demo.companies;
  return {
    name: 'herald',
    url: `${demo.gateway}/v1/feed/ai`,
    token: company.unlimitedAccessToken,
    databaseUrl: demo.databaseUrl,
    visibleSql: VISIBLE,
    queuePrefix: '{herald:delivery}',
    pids: [pidOf('gateway'), pidOf('delivery')],
    directJob: (body) => ({
      name: 'deliver',
      data: { v: 1, correlationId: randomUUID(), companyId: company.id, body },
    }),
  };
}

/** It has no jobs of whole messages: what a drain costs at least is the no-op worker's figure. */
export async function floorSystem(servers) {
  const { env, ...facts } = await ownPlace(servers, 'floor');
  const accept = await startService(here('floor.mjs'), ['accept'], env);
  const work = await startService(here('floor.mjs'), ['work'], env);
  return { name: 'floor', ...facts, pids: [accept.pid, work.pid] };
}

export async function guideSystem(servers) {
  const { env, companyId, ...facts } = await ownPlace(servers, 'guide');
  const program = compile('guide.mts');
  const accept = await startService(program, ['accept'], env);
  const work = await startService(program, ['work'], env);
  return {
    name: 'guide',
    ...facts,
    pids: [accept.pid, work.pid],
    directJob: ({ message, metadata }) => ({
      name: 'deliver',
      data: { ...message, metadata, id: randomUUID(), companyId, acceptedAt: new Date() },
      opts: { attempts: 3, backoff: { type: 'exponential', delay: 1000 }, removeOnComplete: true },
    }),
  };
}

export async function noopSystem(servers) {
  const queuePrefix = '{bench:noop}';
  const env = { REDIS_URL: servers.redisUrl, QUEUE_PREFIX: queuePrefix };
  const work = await startService(here('noop.mjs'), [], env);
  const directJob = (body) => ({ name: 'deliver', data: { body }, opts: { removeOnComplete: true } });
  return { name: 'no-op', queuePrefix, pids: [work.pid], directJob };
}

/** Tables, a token and queue keys of its own, in the Postgres and the Redis that Herald uses. */
async function ownPlace(servers, name) {
  const databaseUrl = await servers.copyTables(`bench_${name}`, ['outbox', 'feed_messages']);
  const [token, companyId] = [`bench-${randomUUID()}`, randomUUID()];
  const hash = createHash('sha256').update(token).digest('hex');
  await servers.sql('create table access_tokens (hash text primary key, company_id uuid not null)', [], databaseUrl);
  await servers.sql('insert into access_tokens values ($1, $2)', [hash, companyId], databaseUrl);
  const [port, queuePrefix] = [String(await getPort()), `{bench:${name}}`];
  return {
    url: `http://127.0.0.1:${port}/v1/feed/ai`,
    token,
    companyId,
    databaseUrl,
    visibleSql: VISIBLE,
    queuePrefix,
    env: {
      DATABASE_URL: databaseUrl,
      REDIS_URL: servers.redisUrl,
      QUEUE_PREFIX: queuePrefix,
      COMPANY_ID: companyId,
      PORT: port,
      POOL_SIZE,
    },
  };
}

/** Decorators with metadata need a compiler; the result lies where imports of packages still resolve. */
function compile(file) {
  const { code } = transformSync(readFileSync(here(file), 'utf8'), {
    filename: file,
    module: { type: 'es6' },
    jsc: {
      target: 'es2023',
      parser: { syntax: 'typescript', decorators: true },
      transform: { legacyDecorator: true, decoratorMetadata: true, useDefineForClassFields: false },
    },
  });
  const folder = here('../../../node_modules/.cache/herald-bench');
  mkdirSync(folder, { recursive: true });
  const program = `${folder}/${file.replace('.mts', '.mjs')}`;
  writeFileSync(program, code);
  return program;
}
