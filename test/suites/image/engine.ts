import { type ChildProcess, spawnSync } from 'node:child_process';

/** The options of a container. It runs as the image's user, on a read-only root, unprivileged, on the host network. */
export interface Start {
  /** Arguments for the image's entrypoint. */
  args: string[];
  env?: Record<string, string>;
  /** Instead of the image's own. */
  entrypoint?: string;
}

/** A container: `process` has its output and ends with its exit code. */
export interface Started {
  process: ChildProcess;
  /** To the container's process 1, as an engine's `stop` does it. */
  signal(signal: NodeJS.Signals): void;
  /** Runs the image's own health check as the engine would, and gives its exit code. */
  healthcheck(): number;
}

/** A program that builds images and runs them. */
export interface Engine {
  name: string;
  /** Undefined when it can build on the base image and run here, else why not. Fetches the image where it is missing. */
  fault(base: string): string | undefined;
  /** @throws Error with the last lines of the build */
  build(image: string, options: string[]): void;
  sizeMb(image: string): number;
  start(image: string, start: Start): Started;
  /** Removes the image, whose containers have ended. */
  remove(image: string): void;
}

const PULL_MS = 180_000;
const BUILD_MS = 900_000;

/** Undefined when it went well, else the last line it said. */
export function pull(program: string, image: string, env = process.env): string | undefined {
  const { status, stderr } = spawnSync(program, ['pull', '--quiet', image], {
    encoding: 'utf8',
    timeout: PULL_MS,
    env,
  });
  return status === 0 ? undefined : `${image} cannot be pulled (${lastLine(stderr) || 'no answer'})`;
}

/** @throws Error with the last lines of the build */
export function build(program: string, args: string[], folder: string, env = process.env): void {
  const { status, stdout, stderr } = spawnSync(program, [...args, '.'], {
    cwd: folder,
    env: { ...env, DOCKER_BUILDKIT: '1' },
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
    timeout: BUILD_MS,
  });
  if (status !== 0) throw new Error(`${program} could not build it:\n${stdout.slice(-5000)}${stderr.slice(-5000)}`);
}

export function lastLine(text: string): string {
  return text.trim().split('\n').at(-1) ?? '';
}
