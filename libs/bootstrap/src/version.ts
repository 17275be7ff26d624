import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** Herald's version, from package.json in a folder above both the sources and the build. */
export const version = readVersion(__dirname);

function readVersion(folder: string): string {
  const file = join(folder, 'package.json');
  if (!existsSync(file)) return readVersion(dirname(folder));
  return (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version;
}
