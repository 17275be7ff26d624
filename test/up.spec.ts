import { readFileSync, statSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import getPort from 'get-port';
import { dataFolder, type HeraldUp, heraldUp, processesOf, startMs, stillRunning, until } from './support/herald-up';

interface DemoFile {
  gateway: string;
  companies: { accessToken: string; users: { login: string; jwt: string }[] }[];
}

jest.setTimeout(2 * startMs);

describe('herald up', () => {
  const runs: HeraldUp[] = [];
  let data: { path: string; remove(): Promise<void> };
  let port: number;

  beforeEach(async () => {
    data = await dataFolder();
    port = await getPort();
  });

  afterEach(async () => {
    for (const run of runs.splice(0)) {
      run.end('SIGTERM');
      await run.ended;
    }
    await data.remove();
  });

  const up = () => {
    const run = heraldUp(data.path, port);
    runs.push(run);
    return run;
  };
  const started = async () => {
    const run = up();
    await run.started();
    return run;
  };
  const demo = () => JSON.parse(readFileSync(join(data.path, 'demo.json'), 'utf8')) as DemoFile;

  test('a message sent before a restart is in the feed after it', async () => {
    const first = await started();
    const id = await send(demo());
    await until(async () => (await feed(demo())).includes(id));
    first.end('SIGTERM');
    expect(await first.ended).toBe(0);

    await started();
    expect(await feed(demo())).toContain(id);
  });

  test('secrets and tokens are readable by their owner alone', async () => {
    await started();
    for (const file of ['demo.json', 'secrets.json', 'postgres/password', 'redis/password']) {
      expect(statSync(join(data.path, file)).mode & 0o077).toBe(0);
    }
  });

  test.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)('%s leaves no process behind', async (signal) => {
    const run = await started();
    const processes = processesOf(data.path);
    expect(processes.map(({ name }) => name)).toEqual(
      expect.arrayContaining(['gateway', 'delivery', 'postgres', 'redis']),
    );
    run.end(signal);
    expect(await run.ended).toBe(0);
    expect(stillRunning(processes)).toEqual([]);
  });

  test.each([
    ['Starting Postgres', 'while Postgres starts'],
    ['Starting Redis', 'while Redis starts'],
    ['Preparing the database', 'while the schema is made'],
    ['Starting gateway', 'while the services start'],
  ])('after "%s", an interrupt %s leaves no process behind', async (step) => {
    const run = up();
    await until(() => run.output().includes(step), startMs);
    const processes = processesOf(data.path);
    run.end('SIGINT');
    expect(await run.ended).toBe(0);
    expect(stillRunning([...processes, ...processesOf(data.path)])).toEqual([]);
  });

  test('what a killed run left ends, and the next start has its data', async () => {
    const killed = await started();
    const id = await send(demo());
    await until(async () => (await feed(demo())).includes(id));
    const left = processesOf(data.path);
    killed.end('SIGKILL');

    await started();
    expect(stillRunning(left)).toEqual([]);
    expect(await feed(demo())).toContain(id);
  });

  test('a killed run alone ends its services and servers', async () => {
    const killed = await started();
    const left = processesOf(data.path);
    expect(stillRunning(left)).not.toEqual([]);
    killed.end('SIGKILL');
    await until(() => stillRunning(left).length === 0);
  });

  test.each(['delivery', 'redis', 'postgres'])('%s is started again when it dies', async (name) => {
    await started();
    const before = processesOf(data.path).find((each) => each.name === name)!;
    process.kill(before.pid, 'SIGKILL');
    await until(() => processesOf(data.path).some((each) => each.name === name && each.pid !== before.pid));
    await until(async () => (await fetch(`${demo().gateway}/health/ready`)).ok);
    const id = await send(demo());
    await until(async () => (await feed(demo())).includes(id));
  });

  test('a second start on the same data says that one runs', async () => {
    const first = await started();
    const second = up();
    expect(await second.ended).toBe(1);
    expect(second.output()).toBe(
      `herald: Herald already runs on ${data.path} (process ${first.pid}). Stop it first: kill ${first.pid}\n`,
    );
  });

  test('a port in use is named with the variable that moves it', async () => {
    const other = createServer();
    await new Promise<void>((listening) => other.listen(port, listening));
    const run = up();
    expect(await run.ended).toBe(1);
    expect(run.output()).toBe(
      `herald: Port ${port} is in use. Choose another for the gateway: PORT=${port + 1} npm start\n`,
    );
    await new Promise((closed) => other.close(closed));
  });
});

async function send({ gateway, companies }: DemoFile): Promise<string> {
  const message = { title: 'Teste', body: 'Conteúdo', authorLogin: 'admin', recipientLogin: 'dmurta' };
  const response = await fetch(`${gateway}/v1/feed/ai`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${companies[0]!.accessToken}` },
    body: JSON.stringify({ message }),
  });
  expect(response.status).toBe(202);
  return ((await response.json()) as { correlationId: string }).correlationId;
}

async function feed({ gateway, companies }: DemoFile): Promise<string[]> {
  const { jwt } = companies[0]!.users.find(({ login }) => login === 'dmurta')!;
  const response = await fetch(`${gateway}/v1/feed?tab=ai`, { headers: { authorization: `Bearer ${jwt}` } });
  const { data } = (await response.json()) as { data: { id: string }[] };
  return data.map(({ id }) => id);
}
