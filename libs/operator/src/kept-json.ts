import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { Failure } from './failure.js';

/** Writes the file atomically, readable only by its owner. */
export function writeJson(file: string, value: unknown): void {
  const fresh = `${file}.new`;
  writeFileSync(fresh, `${JSON.stringify(value, null, 2)}\n`, { mode: 0o600, flush: true });
  renameSync(fresh, file);
}

/** Returns the content of the file; undefined when there is no such file. */
export function readJson(file: string): unknown {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new Failure(`${file} is damaged. Restore it, or remove the folder it is in to start afresh.`, {
      cause: error,
    });
  }
}
