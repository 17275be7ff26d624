import { createHash } from 'node:crypto';
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const stampOf = (root) => join(root, 'node_modules/.herald-installed');

/** npm writes its own list shortly before the lock file. */
const npmSlackMs = 5_000;

/** Returns true when node_modules matches the lock file, installed by this script or by a manual npm command. */
export function isInstalled(root) {
  const stamp = stampOf(root);
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted(root)) return true;
  const npmList = join(root, 'node_modules/.package-lock.json');
  if (!existsSync(npmList)) return false;
  const changed = (file) => statSync(file).mtimeMs;
  return changed(npmList) + npmSlackMs >= changed(join(root, 'package-lock.json'));
}

export function markInstalled(root) {
  writeFileSync(stampOf(root), wanted(root));
}

/** Includes the platform, because some packages contain programs and a folder may be shared between systems. */
function wanted(root) {
  const lock = createHash('sha256').update(readFileSync(join(root, 'package-lock.json')));
  return `${process.platform} ${process.arch} ${lock.digest('hex')}\n`;
}
