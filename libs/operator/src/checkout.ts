import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** The checkout: the folder with package.json, above both the sources and the build. */
export const checkout = folderWithPackage(__dirname);

/** Herald's version. It is read here, so that `--help` does not have to load libs/bootstrap. */
export const { version } = JSON.parse(readFileSync(join(checkout, 'package.json'), 'utf8')) as { version: string };

/** Returns the path of the built settings declarations of a service. */
export function settingsOf(service: string): string {
  return join(checkout, 'dist/apps', service, `src/${service}.env.js`);
}

/** Returns the path of an app's built program. */
export function programOf(app: string): string {
  return join(checkout, 'dist/apps', app, 'src/main.js');
}

function folderWithPackage(folder: string): string {
  return existsSync(join(folder, 'package.json')) ? folder : folderWithPackage(dirname(folder));
}
