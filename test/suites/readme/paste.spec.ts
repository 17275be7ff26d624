import { spawn } from 'node:child_process';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { resolve } from 'node:path';
import { text } from 'node:stream/consumers';
import { freePort } from '../../../apps/local/src/servers/free-port.js';
import { dataFolder, type HeraldUp, heraldUp, startMs } from '../../support/herald-up.js';
import { blocksOf, readPages } from './pages.js';

const root = resolve(__dirname, '../../..');
/** On a busy machine; a block that waits for what never comes is ended with its shell. */
const PASTE_MS = 300_000;

/** Notes each command that fails, and each refused request, also where it is one of several in a pipe. */
const WATCH = `
exec 3>&1 >/dev/null 2>&1
trap 'echo "$PAGE: $BASH_COMMAND" >&3' ERR
curl() { command curl --fail-with-body "$@"; local code=$?; [ $code -ne 22 ] || echo "$PAGE: refused: $*" >&3; return $code; }
`;

/** Types the blocks into one shell, in order; returns what failed. */
async function paste(
  blocks: { page: string; code: string }[],
  { patienceMs = PASTE_MS, ...env }: { patienceMs?: number; HERALD_DATA?: string } = {},
): Promise<string[]> {
  const { DATABASE_URL: _, REDIS_URL: __, ...own } = process.env;
  const shell = spawn('bash', {
    cwd: root,
    env: { ...own, ...env },
    stdio: ['pipe', 'pipe', 'inherit'],
    detached: true,
  });
  const deadline = setTimeout(() => process.kill(-shell.pid!, 'SIGKILL'), patienceMs);
  const failures = text(shell.stdout);
  shell.stdin.end(WATCH + blocks.map(({ page, code }) => `PAGE=${page}\n${code}\n`).join('') + 'echo pasted >&3\n');
  const lines = (await failures).trim().split('\n');
  clearTimeout(deadline);
  // A program that reads what is pasted behind it leaves the rest out.
  return lines.at(-1) === 'pasted' ? lines.slice(0, -1) : [...lines, 'not pasted to the end'];
}

describe('what the pages show', () => {
  let data: { path: string; remove(): Promise<void> };
  let herald: HeraldUp;
  let ports: { gateway: number; ops: number };
  beforeAll(async () => {
    data = await dataFolder();
    ports = { gateway: await freePort(), ops: await freePort() };
    herald = heraldUp(data.path, ports.gateway, ports.ops);
    await herald.started();
  }, startMs);
  afterAll(async () => {
    herald?.end('SIGINT');
    await herald?.ended;
    await data?.remove();
  }, startMs);

  it(
    'works when it is pasted in order, into one shell, beside a fresh Herald',
    async () => {
      const here = (code: string) =>
        code
          .replaceAll('/tmp/', `${data.path}/`)
          .replaceAll('localhost:3000', `localhost:${ports.gateway}`)
          .replaceAll('localhost:3100', `localhost:${ports.ops}`)
          .replaceAll('./.herald/', `${data.path}/`);
      const blocks = readPages(root).flatMap(({ path, text }) =>
        blocksOf(text)
          .filter(({ language }) => language === 'sh')
          .map(({ code }) => ({ page: path, code: here(code) })),
      );
      expect(new Set(blocks.map(({ page }) => page)).size).toBeGreaterThan(7);
      expect(await paste(blocks, { HERALD_DATA: data.path })).toEqual([]);
    },
    PASTE_MS + 30_000,
  );
});

describe('a block that does not work', () => {
  let server: Server;
  let url: string;
  beforeAll(async () => {
    server = createServer((_, response) => response.writeHead(404).end('nothing')).listen(0, '127.0.0.1');
    await new Promise((listening) => server.once('listening', listening));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  });
  afterAll(() => server.close());

  it.each([
    ['a command that fails', () => 'false', () => ['page: false']],
    ['a variable that could not be had', () => 'KEY=$(exit 3)', () => ['page: KEY=$(exit 3)']],
    ['a refused request in a pipe', () => `curl -s ${url} | cat`, () => [`page: refused: -s ${url}`]],
    ['a program that eats what follows', () => 'cat', () => ['', 'not pasted to the end']],
  ])('is found by %s', async (_, code, found) => {
    expect(await paste([{ page: 'page', code: code() }])).toEqual(found());
  });

  it('is found by a wait that never ends', async () => {
    const code = 'false\nuntil false; do sleep 0.1; done';
    expect(await paste([{ page: 'page', code }], { patienceMs: 3000 })).toEqual([
      'page: false',
      'not pasted to the end',
    ]);
  });
});
