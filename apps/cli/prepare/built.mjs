import { createHash } from 'node:crypto';
import { existsSync, readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Outside dist, which every build removes first. */
const stampOf = (root) => join(root, 'node_modules/.herald-built');

const unfinished = 'unfinished\n';

/** True when dist was built from the sources as they are, by us or with `nest build` by hand. */
export function isBuilt(root) {
  const entry = join(root, 'dist/apps/cli/src/main.js');
  if (!existsSync(entry)) return false;
  const built = statSync(entry).mtimeMs;
  const stamp = stampOf(root);
  const sources = listSources(root);
  if (existsSync(stamp)) {
    const text = readFileSync(stamp, 'utf8');
    if (text === sources.hash) return true;
    // Type errors do not keep the compiler from writing files: what a failed build left is no build.
    if (text === unfinished || statSync(stamp).mtimeMs > built) return false;
  }
  return built > sources.newestMs;
}

/** Gives what `markBuilt` wants: a source that changes during the build is built again next time. */
export function markBuilding(root) {
  writeFileSync(stampOf(root), unfinished);
  return listSources(root).hash;
}

export function markBuilt(root, hash) {
  writeFileSync(stampOf(root), hash);
}

/** By path, size and time of each file, so that a removed or an older one counts as a change too. */
function listSources(root) {
  const files = ['tsconfig.base.json', 'nest-cli.json'];
  for (const folder of ['apps', 'libs']) {
    for (const entry of readdirSync(join(root, folder), { recursive: true })) {
      if (entry.endsWith('.ts') && !entry.endsWith('.spec.ts')) files.push(join(folder, entry));
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
