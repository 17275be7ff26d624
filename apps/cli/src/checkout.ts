import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

/** Where the checkout is, seen from the built file dist/apps/cli/src/checkout.js. */
export const checkout = resolve(__dirname, '../../../..');

/** Herald's version. Read here, since `--help` shall not wait until a lib is loaded. */
export const { version } = JSON.parse(readFileSync(join(checkout, 'package.json'), 'utf8')) as { version: string };

/** The built declarations of a service's settings. */
export function settingsOf(service: string): string {
  return join(checkout, 'dist/apps', service, `src/${service}.env.js`);
}

/** The built program of a service. */
export function programOf(service: string): string {
  return join(checkout, 'dist/apps', service, 'src/main.js');
}
