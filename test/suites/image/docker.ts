import { spawn, spawnSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { checkout } from './checkout.js';
import { build, type Engine, lastLine, pull } from './engine.js';

const NETWORK = ['--network', 'host'];

/** Docker, or Podman, which takes the same commands. */
export function docker(program: 'docker' | 'podman'): Engine {
  const run = (...args: string[]) => spawnSync(program, args, { encoding: 'utf8' });
  return {
    name: program,
    fault(base) {
      const { error, status, stderr } = run('info');
      if (error) return 'is not here';
      if (status !== 0) return lastLine(stderr);
      const missing = run('image', 'inspect', base).status === 0 ? undefined : pull(program, base);
      if (missing) return missing;
      const tried = run('run', '--rm', ...NETWORK, '--entrypoint', 'true', base);
      return tried.status === 0 ? undefined : `runs nothing here (${lastLine(tried.stderr)})`;
    },
    build: (image, options) => build(program, ['build', ...NETWORK, '--tag', image, ...options], checkout),
    sizeMb: (image) => Number(run('image', 'inspect', '--format', '{{.Size}}', image).stdout) / 1e6,
    start(image, { args, env = {}, entrypoint }) {
      const name = `herald-test-${randomUUID()}`;
      const fences = [...NETWORK, '--read-only', '--cap-drop', 'ALL', '--security-opt', 'no-new-privileges'];
      // By default Podman leaves some folders writable.
      if (program === 'podman') fences.push('--read-only-tmpfs=false');
      const settings = Object.entries(env).flatMap(([key, value]) => ['--env', `${key}=${value}`]);
      const instead = entrypoint ? ['--entrypoint', entrypoint] : [];
      const options = ['--rm', '--name', name, ...fences, ...settings, ...instead];
      const process = spawn(program, ['run', ...options, image, ...args]);
      return {
        process,
        signal: (signal) => void run('kill', '--signal', signal, name),
        healthcheck: () => run('exec', name, 'node', 'docker/healthcheck.cjs').status ?? 1,
      };
    },
    remove: (image) => void run('image', 'rm', '--force', image),
  };
}
