import { randomUUID } from 'node:crypto';
import { compareCounters, Database, ACTION_STATEMENTS } from '@herald/database';
import { type Answer, call } from './client.js';
import { eventually } from './eventually.js';
import type { Herald } from './herald.js';

export const SAMPLE = {
  notification: '123e4567-e89b-12d3-a456-426614174000',
  recipient: '123e4567-e89b-12d3-a456-426614174003',
  user: '123e4567-e89b-12d3-a456-426614174004',
  sender: '123e4567-e89b-12d3-a456-426614174002',
  agent: '123e4567-e89b-12d3-a456-426614174008',
  query: '123e4567-e89b-12d3-a456-426614174009',
};

/** A good action; a test names only what matters to it. */
export const anAction = (fields: Record<string, unknown> = {}) => ({
  notification_type: 'tool_usage',
  title: 'Agent used a tool',
  message: 'Support Agent looked a customer up',
  ...fields,
});

export const aPerson = (id: string = randomUUID()) => ({
  id,
  email: `${id}@example.com`,
  name: `Person ${id.slice(0, 8)}`,
});

/** The Team Notifications API as a client of one company sees it. */
export class Actions {
  constructor(
    private readonly herald: Herald,
    private readonly token = herald.token('unlimitedApiKey'),
  ) {}

  get<Body = any>(path: string): Promise<Answer<Body>> {
    return call('GET', `${this.herald.url}/team-notifications${path}`, { token: this.token });
  }

  post(body: unknown, headers?: Record<string, string>): Promise<Answer> {
    return call('POST', `${this.herald.url}/team-notifications`, { token: this.token, body, headers });
  }

  setStatus(id: string, user: string, body: unknown, headers?: Record<string, string>): Promise<Answer> {
    const url = `${this.herald.url}/team-notifications/${id}/users/${user}/status`;
    return call('PATCH', url, { token: this.token, body, headers });
  }

  /** Posts an action and waits until it can be read; its answer is what the list shows. */
  async record(fields: Record<string, unknown> = {}): Promise<any> {
    const { status, body } = await this.post(anAction(fields));
    if (status !== 202) throw new Error(`${status} ${JSON.stringify(body)}`);
    return this.recorded(body.correlationId);
  }

  async recorded(id: string, withinMs?: number): Promise<any> {
    return eventually(async () => {
      const { status, body } = await this.get(`/${id}`);
      return status === 200 && body;
    }, withinMs);
  }
}

/** Returns counters that differ from a recount; writers may be at work. */
export async function counterDifferences(databaseUrl: string) {
  const database = new Database({
    url: databaseUrl,
    applicationName: 'test-recount',
    poolSize: 1,
    statementTimeoutMs: 300_000,
  });
  try {
    return await compareCounters(database);
  } finally {
    await database.close();
  }
}

/** Puts actions into the log as the worker would, at times of the test's choosing; returns their ids. */
export async function recordAt(databaseUrl: string, companyId: string, actions: { at: Date; body: object }[]) {
  const database = new Database({
    url: databaseUrl,
    applicationName: 'test-record',
    poolSize: 1,
    statementTimeoutMs: 300_000,
  });
  try {
    const ids = actions.map(() => randomUUID());
    const times = actions.map(({ at }) => at);
    const bodies = actions.map(({ body }) => JSON.stringify(body));
    await database.query(ACTION_STATEMENTS.writeDirect, [ids, ids.map(() => companyId), bodies, times, times]);
    return ids;
  } finally {
    await database.close();
  }
}
