import { join, resolve } from 'node:path';
import type { z } from 'zod';
import { checkout } from './checkout.js';
import { readJson } from './kept-json.js';

/** The data folder of `npm start`. */
export const dataFolder = (): string => resolve(process.env['HERALD_DATA'] || join(checkout, '.herald'));

/** The file to which `npm start` writes its addresses and tokens. */
export const demoFile = (): string => join(dataFolder(), 'demo.json');

/** Returns a part of the demo file; undefined when `npm start` has not written it. */
export function readDemo<T extends z.ZodType>(part: T): z.output<T> | undefined {
  return part.safeParse(readJson(demoFile())).data;
}
