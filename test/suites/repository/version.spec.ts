import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { version } from '@herald/bootstrap';
import { commandLine } from '../../support/command-line.js';

const read = (file: string) => readFileSync(resolve(__dirname, '../../..', file), 'utf8');
const versionIn = (file: string, pattern: RegExp) => pattern.exec(read(file))?.[1];

it('is the one of package.json everywhere', async () => {
  expect(version).toBe(JSON.parse(read('package.json')).version);
  expect((await commandLine({}, '--version')).stdout).toBe(`${version}\n`);
  expect(JSON.parse(read('package-lock.json'))).toMatchObject({ version, packages: { '': { version } } });
  expect(versionIn('k8s/overlays/production/kustomization.yaml', /newTag: (\S+) \}/)).toBe(version);
  expect(versionIn('apps/README.md', /the version is (\d+\.\d+\.\d+)\./)).toBe(version);
});
