import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

/** The checkout, relative to the built file dist/apps/cli/src/checkout.js. */
export const checkout = resolve(__dirname, '../../../..');

/** Herald's version. It is read here, so that `--help` does not have to load a lib. */
export const { version } = JSON.parse(readFileSync(join(checkout, 'package.json'), 'utf8')) as { version: string };

/** Returns the path of the built settings declarations of a service. */
export function settingsOf(service: string): string {
  return join(checkout, 'dist/apps', service, `src/${service}.env.js`);
}

/** Returns the path of the built program of a service. */
export function programOf(service: string): string {
  return join(checkout, 'dist/apps', service, 'src/main.js');
}
