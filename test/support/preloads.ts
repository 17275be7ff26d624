import { resolve } from 'node:path';

const folder = resolve(__dirname, '..');

/** The file of a preload that breaks nothing: it watches a service, or brings it into a state. */
export const preload = (name: string): string => require.resolve(`${folder}/support/preload/${name}.cjs`);

/** The file of a preload that breaks a promise on purpose, such as `gateway/no-cap`. */
export const brokenBuild = (name: string): string => require.resolve(`${folder}/broken-builds/${name}.cjs`);
