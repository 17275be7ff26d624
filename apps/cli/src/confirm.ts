import { createInterface } from 'node:readline/promises';
import { Failure } from '@herald/operator';

/** @throws Failure unless the user confirms */
export async function confirm(question: string): Promise<void> {
  if (!process.stdin.isTTY)
    throw new Failure(`There is no terminal to confirm at. To ${question.replace('?', '')}: --yes`);
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  const reply = await terminal.question(`${question} [y/N] `);
  terminal.close();
  if (!/^y(es)?$/i.test(reply.trim())) throw new Failure('Nothing was changed.');
}
