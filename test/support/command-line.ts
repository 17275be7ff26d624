import { execFile } from 'node:child_process';
import { resolve } from 'node:path';
import { promisify } from 'node:util';

const PROGRAM = resolve(__dirname, '../../dist/apps/cli/src/main.js');

export interface Ended {
  failed: boolean;
  stdout: string;
  stderr: string;
}

/** `herald …` as an operator runs it, without a terminal. */
export async function commandLine(databaseUrl: string, ...args: string[]): Promise<Ended> {
  const env = { PATH: process.env['PATH'], HOME: process.env['HOME'], DATABASE_URL: databaseUrl };
  try {
    return { failed: false, ...(await promisify(execFile)(process.execPath, [PROGRAM, ...args], { env })) };
  } catch (error) {
    const { stdout, stderr } = error as Ended;
    return { failed: true, stdout, stderr };
  }
}
