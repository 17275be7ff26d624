import { spawn, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { checkout } from './checkout.js';
import { build, type Engine, lastLine, pull } from './engine.js';

interface Mounted {
  container: string;
  root: string;
  config: { Env: string[]; Entrypoint: string[]; User: string; WorkingDir: string };
  healthcheck: string[];
}

/**
 * Buildah builds without a daemon, but gives what it runs no read-only root. So the image's file tree is mounted and
 * entered the way engines do it: mounts and processes of its own, the root read-only, the image's user, no way to more
 * privileges. Needs root.
 */
export function buildah(): Engine {
  const env = { STORAGE_DRIVER: 'overlay', BUILDAH_ISOLATION: 'chroot', ...process.env };
  const mounted = new Map<string, Mounted>();
  const run = (...args: string[]) => spawnSync('buildah', args, { encoding: 'utf8', env });
  const must = (...args: string[]) => {
    const { status, stdout, stderr } = run(...args);
    if (status !== 0) throw new Error(`buildah ${args.join(' ')}: ${lastLine(stderr)}`);
    return stdout.trim();
  };
  const mount = (image: string): Mounted => {
    const container = must('from', '--pull-never', image);
    const { OCIv1, Docker } = JSON.parse(must('inspect', '--type', 'image', image));
    const [, ...healthcheck] = Docker.config.Healthcheck.Test;
    return { container, root: must('mount', container), config: OCIv1.config, healthcheck };
  };

  return {
    name: 'buildah',
    fault(base) {
      if (run('--version').error) return 'is not here';
      if (process.getuid?.() !== 0) return 'needs root';
      const { error, status, stderr } = spawnSync('unshare', ['--mount', '--pid', '--fork', 'true'], {
        encoding: 'utf8',
      });
      if (status !== 0) return `unshare: ${error?.message ?? lastLine(stderr)}`;
      return run('inspect', '--type', 'image', base).status === 0 ? undefined : pull('buildah', base, env);
    },
    build(image, options) {
      // Health checks are no part of the OCI format.
      const format = ['--format', 'docker', '--layers=false', '--pull-never'];
      build('buildah', ['bud', ...format, '--tag', image, ...options], checkout, env);
    },
    sizeMb(image) {
      const [{ size }] = JSON.parse(must('images', '--json', image)) as [{ size: string }];
      const [number, unit] = size.split(' ') as [string, 'MB' | 'GB'];
      return Number(number) * { MB: 1, GB: 1000 }[unit];
    },
    start(image, { args, env: own, entrypoint }) {
      if (!mounted.has(image)) mounted.set(image, mount(image));
      const { root, config, healthcheck } = mounted.get(image)!;
      const enter = ['--mount', '--pid', '--fork', '--kill-child', 'sh', '-ec', ENTER, 'sh'];
      const place = [root, config.WorkingDir, ...idsOf(config.User, root)];
      const command = (...words: string[]) => [...enter, ...place, ...words];
      const options = { env: { ...Object.fromEntries(config.Env.map((pair) => pair.split(/=(.*)/s))), ...own } };
      const child = spawn('unshare', command(...(entrypoint ? [entrypoint] : config.Entrypoint), ...args), options);
      return {
        process: child,
        signal: (signal) => process.kill(onlyChildOf(child.pid!), signal),
        healthcheck: () => spawnSync('unshare', command(...healthcheck), options).status ?? 1,
      };
    },
    remove(image) {
      const found = mounted.get(image);
      if (found) must('rm', found.container);
      mounted.delete(image);
      must('rmi', image);
    },
  };
}

/** Gets the root, the working directory, a user, a group, and the command, which becomes process 1. */
const ENTER = `
root=$1 folder=$2 user=$3 group=$4
shift 4
mount --bind "$root" "$root"
mount -o remount,bind,ro "$root"
mount -t proc proc "$root/proc"
mount --rbind /dev "$root/dev"
exec setpriv --no-new-privs unshare --root="$root" --wd="$folder" --setgid="$group" --setuid="$user" -- "$@"`;

function idsOf(user: string, root: string): [string, string] {
  const users = readFileSync(`${root}/etc/passwd`, 'utf8').split('\n');
  const [, , uid, gid] = users.find((line) => line.startsWith(`${user}:`))!.split(':') as [
    string,
    string,
    string,
    string,
  ];
  return [uid, gid];
}

/** The process with id 1 in its own namespace has another id here. */
function onlyChildOf(pid: number): number {
  return Number(readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8'));
}
