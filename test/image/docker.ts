import { spawn, spawnSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { checkout } from './checkout.js';
import { build, type Engine, lastLine, pull } from './engine.js';

/** Docker, or Podman, which takes the same commands. */
export function docker(program: 'docker' | 'podman'): Engine {
  const run = (...args: string[]) => spawnSync(program, args, { encoding: 'utf8' });
  return {
    name: program,
    fault() {
      const { error, status, stderr } = run('info');
      if (error) return 'is not here';
      return status === 0 ? undefined : lastLine(stderr);
    },
    has: (image) => run('image', 'inspect', image).status === 0,
    pull: (image) => pull(program, image),
    build: (image, options) => build(program, ['build', '--network', 'host', '--tag', image, ...options], checkout),
    sizeMb: (image) => Number(run('image', 'inspect', '--format', '{{.Size}}', image).stdout) / 1e6,
    start(image, { args, env = {}, entrypoint }) {
      const name = `herald-test-${randomUUID()}`;
      const fences = ['--network', 'host', '--read-only', '--cap-drop', 'ALL', '--security-opt', 'no-new-privileges'];
      const settings = Object.entries(env).flatMap(([key, value]) => ['--env', `${key}=${value}`]);
      const instead = entrypoint ? ['--entrypoint', entrypoint] : [];
      const process = spawn(program, [
        'run',
        '--rm',
        '--name',
        name,
        ...fences,
        ...settings,
        ...instead,
        image,
        ...args,
      ]);
      return {
        process,
        signal: (signal) => void run('kill', '--signal', signal, name),
        healthcheck: () => run('exec', name, 'node', 'docker/healthcheck.cjs').status ?? 1,
      };
    },
    remove: (image) => void run('image', 'rm', '--force', image),
  };
}
