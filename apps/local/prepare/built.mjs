import { createHash } from 'node:crypto';
import { existsSync, readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** The stamp is outside dist, because every build removes dist first. */
const stampOf = (root) => join(root, 'node_modules/.herald-built');

const unfinished = 'unfinished\n';

/** Returns true when dist is a build of the current sources, by this script or by a manual `nest build`. */
export function isBuilt(root) {
  const entry = join(root, 'dist/apps/cli/src/main.js');
  if (!existsSync(entry)) return false;
  const built = statSync(entry).mtimeMs;
  const stamp = stampOf(root);
  const sources = listSources(root);
  if (existsSync(stamp)) {
    const text = readFileSync(stamp, 'utf8');
    if (text === sources.hash) return true;
    // The compiler writes files in spite of type errors, so the output of a failed build does not count.
    if (text === unfinished || statSync(stamp).mtimeMs > built) return false;
  }
  return built > sources.newestMs;
}

/** Returns the hash for `markBuilt`. A source that changes during the build causes another build next time. */
export function markBuilding(root) {
  writeFileSync(stampOf(root), unfinished);
  return listSources(root).hash;
}

export function markBuilt(root, hash) {
  writeFileSync(stampOf(root), hash);
}

/** Hashes the path, size and time of each source file, so that a removed or older file also counts as a change. */
function listSources(root) {
  const files = ['tsconfig.base.json', 'nest-cli.json'];
  for (const folder of ['apps', 'libs']) {
    for (const entry of readdirSync(join(root, folder), { recursive: true })) {
      if (/\.(ts|mjs)$/.test(entry) && !entry.endsWith('.spec.ts')) files.push(join(folder, entry));
    }
  }
  let newestMs = 0;
  const hash = createHash('sha256');
  for (const file of files.sort()) {
    const { size, mtimeMs } = statSync(join(root, file));
    hash.update(`${file} ${size} ${mtimeMs}\n`);
    newestMs = Math.max(newestMs, mtimeMs);
  }
  return { hash: `${hash.digest('hex')}\n`, newestMs };
}
