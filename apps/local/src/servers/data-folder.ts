import { randomBytes } from 'node:crypto';
import {
  accessSync,
  chmodSync,
  constants,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { Failure, sentence } from '@herald/operator';

/**
 * Creates the folder and its parents, and checks that it can be used. Other accounts can enter folders that root
 * creates, because Postgres does not run as root.
 */
export function makeFolder(folder: string): void {
  try {
    make(resolve(folder));
    accessSync(folder, constants.R_OK | constants.W_OK | constants.X_OK);
  } catch (error) {
    throw new Failure(`This user cannot write to the folder ${folder}: ${sentence(error)}`, { cause: error });
  }
}

/** Creates one folder at a time. Node's `recursive` never returns where the kernel creates no folders (/proc). */
function make(folder: string): void {
  if (existsSync(folder)) return;
  make(dirname(folder));
  mkdirSync(folder);
  chmodSync(folder, process.getuid?.() === 0 ? 0o711 : 0o700);
}

/** Returns the password of a data folder. It is created once and stored in the folder, readable only by its owner. */
export function keptPassword(folder: string): string {
  const file = join(folder, 'password');
  try {
    if (existsSync(file)) return readFileSync(file, 'utf8').trim();
    const password = randomBytes(24).toString('hex');
    writeFileSync(`${file}.new`, `${password}\n`, { mode: 0o600, flush: true });
    renameSync(`${file}.new`, file);
    return password;
  } catch (error) {
    throw new Failure(`The data folder ${folder} cannot be used: ${sentence(error)}`, { cause: error });
  }
}

/** Returns the last lines of a server's log, for the message that says why it did not start. */
export function tail(logFile: string, lines = 3): string {
  const all = readFileSync(logFile, 'utf8').trim().split('\n');
  return all.slice(-lines).join(' | ') || 'it left no message';
}
