import { resolve } from 'node:path';

export const checkout = resolve(__dirname, '../../..');
