import { createHash } from 'node:crypto';
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const stampOf = (root) => join(root, 'node_modules/.herald-installed');

/** npm writes its own list a moment before the lock file. */
const npmSlackMs = 5_000;

/** True when node_modules holds what the lock file says, installed by us or with npm by hand. */
export function isInstalled(root) {
  const stamp = stampOf(root);
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted(root)) return true;
  const npmsOwn = join(root, 'node_modules/.package-lock.json');
  if (!existsSync(npmsOwn)) return false;
  const changed = (file) => statSync(file).mtimeMs;
  return changed(npmsOwn) + npmSlackMs >= changed(join(root, 'package-lock.json'));
}

export function markInstalled(root) {
  writeFileSync(stampOf(root), wanted(root));
}

/** A folder shared between systems needs the packages of each: some hold programs. */
function wanted(root) {
  const lock = createHash('sha256').update(readFileSync(join(root, 'package-lock.json')));
  return `${process.platform} ${process.arch} ${lock.digest('hex')}\n`;
}
