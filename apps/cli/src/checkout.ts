import { join, resolve } from 'node:path';

/** Where the checkout is, seen from the built file dist/apps/cli/src/checkout.js. */
export const checkout = resolve(__dirname, '../../../..');

/** The built program of a service. */
export function programOf(service: string): string {
  return join(checkout, 'dist/apps', service, 'src/main.js');
}
