import { execFile } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { promisify } from 'node:util';
import { Herald } from '../../support/herald.js';

const FILE = resolve(__dirname, '../../support/herald-api.d.ts');
const GENERATOR = resolve(__dirname, '../../../node_modules/.bin/openapi-typescript');

let herald: Herald;
beforeAll(async () => {
  herald = await Herald.start({ services: ['gateway'] });
});
afterAll(() => herald?.stop());

/** Returns the output of `npx openapi-typescript http://…/openapi.json`, as a client's author gets it. */
async function generated(): Promise<string> {
  const { stdout } = await promisify(execFile)(GENERATOR, [`${herald.url}/openapi.json`], { maxBuffer: 2 ** 24 });
  return stdout;
}

it('the types of the client that the tests use are those of the document (npm run client writes them)', async () => {
  const types = await generated();
  if (process.env['HERALD_WRITE_CLIENT']) await writeFile(FILE, types);
  // Compared as one value: a difference of thousands of lines helps nobody.
  expect((await readFile(FILE, 'utf8')) === types).toBe(true);
});
