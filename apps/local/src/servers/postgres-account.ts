import { execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmodSync, existsSync, lstatSync, mkdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { Failure, sentence } from '@herald/operator';

/** The account that Postgres runs as. It refuses to run as root, so root needs another one. Empty means our own. */
export interface Account {
  uid?: number;
  gid?: number;
}

/** The folder of the cluster and the account that runs it. */
export interface PostgresHome extends Account {
  folder: string;
}

/**
 * Returns the data folder. When root uses a folder that the account cannot reach (such as /root), returns a folder in
 * the temp dir instead. Its name is derived from the path of the data folder, so that the next start finds it.
 */
export function postgresHome(dataDir: string): PostgresHome {
  if (process.getuid?.() !== 0) return { folder: dataDir };
  const owner = ownerOf(join(dataDir, 'cluster')) ?? postgresAccount();
  if (canReach(owner, dataDir)) return { folder: dataDir, ...owner };
  const folder = standIn(dataDir);
  return { folder, ...(ownerOf(join(folder, 'cluster')) ?? owner) };
}

export function canReach(account: Account, path: string): boolean {
  if (account.uid === undefined) return true;
  const { status } = spawnSync('/bin/sh', ['-c', 'test -x "$1"', 'sh', path], { ...account, cwd: '/' });
  return status === 0;
}

/**
 * Returns the owner of the cluster. When root starts a cluster of an ordinary user, it runs under that user's account.
 */
function ownerOf(cluster: string): Account | undefined {
  if (!existsSync(cluster)) return undefined;
  const { uid, gid } = statSync(cluster);
  return uid === 0 ? undefined : { uid, gid };
}

function postgresAccount(): Account {
  const found = lookUp();
  if (found) return found;
  try {
    execFileSync('groupadd', ['--system', '--force', 'postgres'], { stdio: 'pipe' });
    execFileSync(
      'useradd',
      ['--system', '--gid', 'postgres', '--no-create-home', '--shell', '/bin/false', 'postgres'],
      {
        stdio: 'pipe',
      },
    );
  } catch (error) {
    throw new Failure(
      `Postgres does not run as root, and an account "postgres" cannot be made (${sentence(error)}). Start as an ordinary user, or set DATABASE_URL.`,
      { cause: error },
    );
  }
  return lookUp()!;
}

function lookUp(): Account | undefined {
  const uid = spawnSync('id', ['-u', 'postgres'], { encoding: 'utf8' });
  const gid = spawnSync('id', ['-g', 'postgres'], { encoding: 'utf8' });
  return uid.status === 0 && gid.status === 0 ? { uid: Number(uid.stdout), gid: Number(gid.stdout) } : undefined;
}

/** Prefers /var/tmp, which survives a reboot and does not depend on TMPDIR. */
function standIn(dataDir: string): string {
  const temp = existsSync('/var/tmp') ? '/var/tmp' : tmpdir();
  const folder = join(temp, `herald-${createHash('sha256').update(resolve(dataDir)).digest('hex').slice(0, 16)}`);
  if (existsSync(folder)) {
    // Anyone may create folders there, so a folder that root does not own is not ours.
    const found = lstatSync(folder);
    if (!found.isDirectory() || found.uid !== 0) {
      throw new Failure(`${folder} belongs to someone else; remove it, or choose another data folder.`);
    }
    // Without a password in the data folder, this folder is left over from a removed data folder.
    if (!existsSync(join(dataDir, 'password'))) rmSync(folder, { recursive: true });
  }
  mkdirSync(folder, { recursive: true });
  chmodSync(folder, 0o711);
  return folder;
}
