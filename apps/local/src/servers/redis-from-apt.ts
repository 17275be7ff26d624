import { execFile } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
} from 'node:fs';
import { arch, homedir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Failure } from '@herald/operator';
import { makeFolder } from './data-folder.js';

const run = promisify(execFile);

export interface RedisBinary {
  command: string;
  /** Environment variables that point to its libraries. */
  env: Record<string, string>;
}

/** Packages with the server's program, best first. The program has the name of a check tool there. */
const packages = { 'redis-tools': 'redis-check-rdb', 'valkey-tools': 'valkey-check-rdb' };

type Fault = (binary: RedisBinary) => Promise<string | undefined>;

/**
 * Returns Redis from the package of Debian or Ubuntu. apt downloads and verifies it; it is unpacked but not installed,
 * so nothing on the system changes and root is not needed. It stays in the user's cache folder, shared by all data
 * folders. Returns undefined when there is no apt.
 */
export async function redisFromApt(
  dataDir: string,
  faultOf: Fault,
  log?: (line: string) => void,
  signal?: AbortSignal,
): Promise<RedisBinary | undefined> {
  if (!existsSync('/usr/bin/apt-get') || !existsSync('/usr/bin/dpkg-deb')) return undefined;
  const cache = cacheFolder(dataDir);
  const kept = join(cache, `redis-${release()}-${arch()}`);
  const usable = async () => existsSync(inFolder(kept).command) && !(await faultOf(inFolder(kept)));
  if (await usable()) return inFolder(kept);

  log?.('downloading the Redis package with apt-get (once)');
  const work = mkdtempSync(join(cache, 'unpacking-'));
  try {
    await download(work, signal);
    const root = join(work, 'root');
    for (const name of readdirSync(work).filter((file) => file.endsWith('.deb'))) {
      await run('dpkg-deb', ['-x', join(work, name), root], { signal });
    }
    const program = Object.values(packages).find((name) => existsSync(join(root, 'usr/bin', name)));
    if (!program) throw new Error('the packages from apt hold no Redis server');
    symlinkSync(program, join(root, 'usr/bin/redis-server'));
    const fault = await faultOf(inFolder(root));
    if (fault) throw new Error(`the Redis from apt ${fault}`);
    rmSync(kept, { recursive: true, force: true });
    renameSync(root, kept);
    return inFolder(kept);
  } catch (error) {
    signal?.throwIfAborted();
    // Another process may have unpacked the same package meanwhile.
    if (await usable()) return inFolder(kept);
    throw error;
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

/** Downloads with the package lists of apt, or with our own lists if that fails: slim images have none. */
async function download(folder: string, signal?: AbortSignal): Promise<void> {
  const asRoot = process.getuid?.() === 0 ? ['-o', 'APT::Sandbox::User=root'] : [];
  try {
    return await fetchPackages(folder, asRoot, signal);
  } catch (error) {
    signal?.throwIfAborted();
    const state = join(folder, 'apt');
    mkdirSync(join(state, 'lists/partial'), { recursive: true });
    const own = [...asRoot, '-o', `Dir::State::Lists=${state}/lists`, '-o', `Dir::Cache=${state}`];
    try {
      await run('apt-get', [...own, '-o', 'Acquire::Languages=none', 'update'], { signal });
      return await fetchPackages(folder, own, signal);
    } catch (second) {
      signal?.throwIfAborted();
      throw new Error(`apt-get could not download redis-tools: ${lastLine(second)}`, { cause: error });
    }
  }
}

async function fetchPackages(folder: string, options: string[], signal?: AbortSignal): Promise<void> {
  for (const name of Object.keys(packages)) {
    const needed = await missing(name, options, signal);
    if (needed.length === 0) continue;
    await run('apt-get', [...options, 'download', ...needed], { cwd: folder, signal });
    return;
  }
  throw new Error("apt's lists know neither redis-tools nor valkey-tools");
}

/** Returns the package and its dependencies, except those that are installed. */
async function missing(name: string, options: string[], signal?: AbortSignal): Promise<string[]> {
  const only = ['recommends', 'suggests', 'conflicts', 'breaks', 'replaces', 'enhances'].map((kind) => `--no-${kind}`);
  const list = await run('apt-cache', [...options, 'depends', '--recurse', ...only, name], { signal }).catch(
    (error) => {
      signal?.throwIfAborted();
      // apt-cache exits with 100 for an unknown package.
      if (error.code === 100) return { stdout: '' };
      throw error;
    },
  );
  const needed = [...list.stdout.matchAll(/^ *\|?(?:Pre)?Depends: ([^<\s:]+)/gm)].map((match) => match[1]!);
  if (needed.length === 0) return [];
  const { stdout } = await run('dpkg-query', ['-W', '-f', '${db:Status-Status} ${Package}\n'], { signal });
  const installed = new Set(stdout.split('\n').flatMap((line) => line.match(/^installed (\S+)/)?.[1] ?? []));
  return [...new Set([name, ...needed])].filter((each) => !installed.has(each));
}

function inFolder(root: string): RedisBinary {
  const libraries = join(root, 'usr/lib');
  const perArch = existsSync(libraries) ? readdirSync(libraries).map((name) => join(libraries, name)) : [];
  const path = [...perArch, libraries, process.env['LD_LIBRARY_PATH']].filter(Boolean).join(':');
  return { command: join(root, 'usr/bin/redis-server'), env: { LD_LIBRARY_PATH: path } };
}

/**
 * Returns the user's cache folder, or the data folder if it is not writable. Others could put a program in the temp
 * dir.
 */
function cacheFolder(dataDir: string): string {
  const cache = join(process.env['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'herald');
  try {
    makeFolder(cache);
    return cache;
  } catch (error) {
    if (error instanceof Failure) return dataDir;
    throw error;
  }
}

function release(): string {
  const text = existsSync('/etc/os-release') ? readFileSync('/etc/os-release', 'utf8') : '';
  const field = (name: string) => new RegExp(`^${name}="?([^"\\n]*)`, 'm').exec(text)?.[1] ?? 'unknown';
  return `${field('ID')}-${field('VERSION_ID')}`;
}

function lastLine(error: unknown): string {
  const { stderr, message } = error as { stderr?: string; message: string };
  return (stderr?.trim() || message).split('\n').at(-1)!;
}
