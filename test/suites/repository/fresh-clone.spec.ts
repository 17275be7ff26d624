import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { identify, type Identity } from '../../../apps/local/prepare/identity.mjs';

const root = resolve(__dirname, '../../..');
const PROGRAM = 'dist/apps/cli/src/main.js';
const COMPILER = 'node_modules/@nestjs/cli/bin/nest.js';
/** Builds a program that prints its arguments. */
const WRITE_PROGRAM = `
  const fs = require('node:fs');
  fs.mkdirSync('dist/apps/cli/src', { recursive: true });
  fs.writeFileSync('${PROGRAM}', 'console.log(process.argv.slice(2).join())');`;

let clone: string;
beforeEach(() => {
  clone = mkdtempSync(join(tmpdir(), 'herald-clone-'));
  for (const file of ['apps/cli/herald.mjs', 'apps/local/prepare.mjs', 'apps/local/prepare', ...settings]) {
    cpSync(join(root, file), join(clone, file), { recursive: true });
  }
  mkdirSync(join(clone, 'libs'));
  write(COMPILER, WRITE_PROGRAM);
  write('node_modules/.package-lock.json', '{}');
});
afterEach(() => rmSync(clone, { recursive: true, force: true }));

const settings = ['package.json', 'package-lock.json', 'tsconfig.base.json', 'nest-cli.json'];

function write(file: string, text: string): void {
  mkdirSync(dirname(join(clone, file)), { recursive: true });
  writeFileSync(join(clone, file), text);
}

const herald = (...args: string[]) =>
  spawnSync('npm', ['run', '--silent', 'herald', '--', ...args], { cwd: clone, encoding: 'utf8' });

describe('npm run herald in a clone that nobody has built', () => {
  it('builds first, and leaves standard output to the command', () => {
    const { status, stdout, stderr } = herald('companies', 'list');
    expect([status, stdout]).toEqual([0, 'companies,list\n']);
    expect(stderr).toMatch(/Building \(nest build\).*\n✔ Building/);
    expect(herald('--help')).toMatchObject({ status: 0, stdout: '--help\n', stderr: '' });
  });

  it('says why it cannot build', () => {
    write(COMPILER, "console.error('apps/x.ts:1: no such type'); process.exit(2)");
    const { status, stdout, stderr } = herald('--help');
    expect([status, stdout]).toEqual([1, '']);
    expect(stderr).toMatch(/no such type[^]*failed after .*exit code 2/);
    expect(stderr).not.toMatch(/^\s+at /m);
  });

  it('says what to do where a build was left incomplete', () => {
    write(PROGRAM, "require('commander')");
    const { status, stderr } = herald('--help');
    expect([status, stderr]).toEqual([
      1,
      'herald: The packages or the build are not complete. Run: node apps/local/prepare.mjs\n',
    ]);
  });
});

describe('two that build at once', () => {
  const lock = () => join(clone, '.herald/prepare.json');

  /** Prepares the clone while `holder` has the lock. Calls `onOutput` with the first output. */
  async function prepareBeside(holder: Identity | undefined, onOutput = () => {}): Promise<[unknown, string]> {
    write('.herald/prepare.json', JSON.stringify(holder));
    const child = spawn(process.execPath, ['apps/local/prepare.mjs'], { cwd: clone });
    let said = '';
    child.stderr.once('data', onOutput).on('data', (chunk) => (said += chunk));
    const [code] = await once(child, 'close');
    expect(existsSync(lock())).toBe(false);
    return [code, said];
  }

  it('wait for each other', async () => {
    const [code, said] = await prepareBeside(identify(process.pid), () => rmSync(lock()));
    expect(code).toBe(0);
    expect(said).toMatch(new RegExp(`^Waiting for process ${process.pid}, .*\nBuilding .*\n✔ Building`));
  });

  it('do not wait for one that was killed, even if its pid is in use again', async () => {
    const [code, said] = await prepareBeside({ pid: process.pid, startedAt: 'before' });
    expect(code).toBe(0);
    expect(said).toMatch(/^Building .*\n✔ Building/);
  });
});
