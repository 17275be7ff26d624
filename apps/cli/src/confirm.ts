import { createInterface } from 'node:readline/promises';
import { Failure } from './failure.js';

/** @throws Failure unless the answer is yes */
export async function confirm(question: string): Promise<void> {
  if (!process.stdin.isTTY) throw new Failure(`To ${question.replace('?', '')} without being asked: --yes`);
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  const answer = await terminal.question(`${question} [y/N] `);
  terminal.close();
  if (!/^y(es)?$/i.test(answer.trim())) throw new Failure('Nothing was changed.');
}
