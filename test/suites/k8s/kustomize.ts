import { spawnSync } from 'node:child_process';
import { parseAllDocuments } from 'yaml';

export interface Manifest {
  apiVersion: string;
  kind: string;
  metadata: { name: string; namespace?: string; labels?: Record<string, string> };
  [field: string]: any;
}

/** Patches with a target, as ours have, are older; what `labels` does to selectors is not. */
const LOWEST = 5;

const programs = [
  { name: 'kustomize', version: ['version'], major: /^v(\d+)\./m, build: ['build'] },
  {
    name: 'kubectl',
    version: ['version', '--client', '--output=yaml'],
    major: /kustomizeVersion: v(\d+)/,
    build: ['kustomize'],
  },
];

/** Kustomize, or kubectl, which has it built in; undefined when neither is on the PATH, or too old. */
export function findKustomize(): { build(folder: string): Manifest[] } | undefined {
  for (const { name, version, major, build } of programs) {
    const { status, stdout } = spawnSync(name, version, { encoding: 'utf8' });
    const found = status === 0 ? Number(major.exec(stdout)?.[1]) : 0;
    if (found >= LOWEST) return { build: (folder) => run(name, [...build, folder]) };
  }
  return undefined;
}

/** @throws Error with what the program says is wrong */
function run(program: string, args: string[]): Manifest[] {
  const { status, stdout, stderr } = spawnSync(program, args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(stderr);
  return parseAllDocuments(stdout).map((document) => document.toJS() as Manifest);
}
