import { randomBytes } from 'node:crypto';
import { chmodSync, existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Failure, sentence } from '../failure.js';

/** Makes the folder; when root makes it, other accounts may pass through it (the servers do not run as root). */
export function makeFolder(folder: string): void {
  try {
    const existed = existsSync(folder);
    mkdirSync(folder, { recursive: true });
    if (!existed) chmodSync(folder, process.getuid?.() === 0 ? 0o711 : 0o700);
  } catch (error) {
    throw new Failure(`The data folder ${folder} cannot be made: ${sentence(error)}`, { cause: error });
  }
}

/** A password that is made once for a data folder and kept in it, readable by its owner alone. */
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

/** The last lines of a server's log, for the one sentence that says why it did not start. */
export function tail(logFile: string, lines = 3): string {
  const all = readFileSync(logFile, 'utf8').trim().split('\n');
  return all.slice(-lines).join(' | ') || 'it left no message';
}
