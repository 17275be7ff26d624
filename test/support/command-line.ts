import { execFile } from 'node:child_process';
import { resolve } from 'node:path';
import { promisify } from 'node:util';

export const PROGRAM = resolve(__dirname, '../../dist/apps/cli/src/main.js');

export interface Ended {
  failed: boolean;
  stdout: string;
  stderr: string;
}

/** `herald …` as an operator runs it, without a terminal and beside no `npm start`; with the URL of a database, or with variables. */
export async function commandLine(given: string | Record<string, string>, ...args: string[]): Promise<Ended> {
  const variables = typeof given === 'string' ? { DATABASE_URL: given } : given;
  const env = { PATH: process.env['PATH'], HOME: process.env['HOME'], HERALD_DATA: '/nonexistent', ...variables };
  try {
    return { failed: false, ...(await promisify(execFile)(process.execPath, [PROGRAM, ...args], { env })) };
  } catch (error) {
    const { stdout, stderr } = error as Ended;
    return { failed: true, stdout, stderr };
  }
}
