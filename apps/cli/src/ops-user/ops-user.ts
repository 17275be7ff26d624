import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { Writable } from 'node:stream';
import { hashPassword, MAX_PASSWORD_LENGTH } from '@herald/bootstrap';
import { Failure } from '@herald/operator';

const MIN_LENGTH = 12;
const NAME = /^[\w.@-]{1,100}$/;

/**
 * Reads a password and returns the line of OPS_USERS for this user, with the hash of the password.
 * @throws Failure when the name or the password is not valid
 */
export async function opsUser(name: string, role: 'viewer' | 'admin'): Promise<string> {
  if (!NAME.test(name)) throw new Failure('A name is 1 to 100 letters, digits, dots, dashes, _ and @.');
  const password = await readPassword();
  if (password.length > MAX_PASSWORD_LENGTH)
    throw new Failure(`A password has at most ${MAX_PASSWORD_LENGTH} characters.`);
  if ([...password].length < MIN_LENGTH) throw new Failure(`A password has at least ${MIN_LENGTH} characters.`);
  return `${name}:${role}:${await hashPassword(password)}`;
}

/** Reads one line from standard input. A terminal does not show the typed characters. */
async function readPassword(): Promise<string> {
  const { stdin, stderr } = process;
  if (stdin.isTTY) stderr.write('Password: ');
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() });
  const lines = createInterface({ input: stdin, output: nowhere, terminal: stdin.isTTY });
  try {
    const [line] = (await Promise.race([once(lines, 'line'), once(lines, 'close')])) as [string?];
    return line ?? '';
  } finally {
    lines.close();
    if (stdin.isTTY) stderr.write('\n');
  }
}
