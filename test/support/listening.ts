import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

const LISTEN = '0A';

/** Addresses of `/proc/net/tcp` are words of four bytes, each in the machine's own order. */
function addressOf(hex: string): string {
  const words = hex.match(/.{8}/g) ?? [];
  const bytes = words.flatMap((word) => [...Buffer.from(word, 'hex').reverse()]);
  if (bytes.length === 4) return bytes.join('.');
  return Array.from({ length: 8 }, (_, at) => ((bytes[2 * at]! << 8) | bytes[2 * at + 1]!).toString(16)).join(':');
}

/** Every listening TCP socket of the machine: where, by inode. */
function listeners(): Map<string, { address: string; port: number }> {
  const lines = ['tcp', 'tcp6'].flatMap((table) => readFileSync(`/proc/net/${table}`, 'utf8').split('\n').slice(1));
  const fields = lines.map((line) => line.trim().split(/\s+/)).filter(([, , , state]) => state === LISTEN);
  return new Map(
    fields.map(([, local = '', , , , , , , , inode = '']) => {
      const [address = '', port = ''] = local.split(':');
      return [inode, { address: addressOf(address), port: Number.parseInt(port, 16) }];
    }),
  );
}

function childrenOf(pid: number): number[] {
  const tasks = readdirSync(`/proc/${pid}/task`);
  const pids = tasks.flatMap((task) => readFileSync(`/proc/${pid}/task/${task}/children`, 'utf8').trim().split(' '));
  return pids.filter(Boolean).map(Number);
}

function inodesOf(pid: number): string[] {
  return readdirSync(`/proc/${pid}/fd`).flatMap((fd) => {
    try {
      return /^socket:\[(\d+)\]$/.exec(readlinkSync(`/proc/${pid}/fd/${fd}`))?.[1] ?? [];
    } catch {
      // Closed while we looked, or another account's.
      return [];
    }
  });
}

/** Addresses that a process and its children listen on. Works on Linux only, for processes of the same user. */
export function listeningOf(pid: number): string[] {
  const known = listeners();
  const own = inodesOf(pid).flatMap((inode) => known.get(inode)?.address ?? []);
  return [...own, ...childrenOf(pid).flatMap(listeningOf)];
}

/** Addresses at which anybody listens on a port. */
export const listeningAt = (port: number): string[] =>
  [...listeners().values()].flatMap((each) => (each.port === port ? each.address : []));
