import { readFileSync } from 'node:fs';

/** Addresses and credentials of Redis, as REDIS_URL names them; libs/queue connects to them. */
interface RedisAddress {
  kind: 'server' | 'cluster' | 'sentinel';
  /** The server, or the initial nodes of a cluster, or the sentinels. */
  nodes: { host: string; port: number }[];
  username?: string;
  password?: string;
  /** Only with a single server. */
  database?: number;
  /** The sentinels' name of the master. */
  master?: string;
  sentinelPassword?: string;
  /** Contents of PEM files. */
  tls?: { ca?: string; cert?: string; key?: string };
}

const DEFAULT_PORT = { server: 6379, cluster: 6379, sentinel: 26_379 };
const WHOLE = /^(redis|rediss)(?:\+(cluster|sentinel))?:\/\/(?:([^/?]*)@)?([^/?@]+)(?:\/([^/?]*))?(?:\?(.*))?$/;
const NODE = /^(?:\[([\da-f:.]+)\]|([\w.-]+))(?::(\d{1,5}))?$/i;
const FORMS =
  'must be a URL that starts with redis:// or rediss://, redis+cluster:// or redis+sentinel://, ' +
  'like redis+sentinel://user:password@host:26379,host:26379/mymaster';

/** Parameters that name TLS files, called as in DATABASE_URL. */
const FILES = { sslrootcert: 'ca', sslcert: 'cert', sslkey: 'key' } as const;

/**
 * Parses REDIS_URL and reads the files that it names.
 * @throws Error that explains the mistake without showing the value
 */
export function parseRedisUrl(url: string): RedisAddress {
  const [, scheme, form = 'server', login = '', hosts = '', path = '', query] = WHOLE.exec(url) ?? [];
  if (!scheme) throw new Error(FORMS);
  const kind = form as RedisAddress['kind'];
  const [username, password] = login.split(/:(.*)/s, 2).map(decode);
  const parameters = new URLSearchParams(query);
  const address: RedisAddress = {
    kind,
    nodes: hosts.split(',').map((host) => nodeOf(host, DEFAULT_PORT[kind])),
    username: username || undefined,
    password: password || undefined,
    ...placeOf(kind, decode(path)),
    sentinelPassword: kind === 'sentinel' ? takeParameter(parameters, 'sentinel_password') : undefined,
    tls: scheme === 'rediss' ? filesOf(parameters) : undefined,
  };
  if (kind === 'server' && address.nodes.length > 1) {
    throw new Error('names several servers: it must start with redis+cluster:// or redis+sentinel://');
  }
  const [unknown] = parameters.keys();
  if (unknown) throw new Error(`has a parameter ${unknown}, which is not known here`);
  return address;
}

function nodeOf(text: string, defaultPort: number): { host: string; port: number } {
  const [, address, name, port = defaultPort] = NODE.exec(text) ?? [];
  const host = address ?? name;
  if (!host || Number(port) > 65_535) throw new Error(FORMS);
  return { host, port: Number(port) };
}

function placeOf(kind: RedisAddress['kind'], path: string): { database?: number; master?: string } {
  if (kind === 'sentinel') {
    if (!path) throw new Error('must end with the name of the master, like /mymaster');
    return { master: path };
  }
  if (path === '') return {};
  if (kind === 'cluster') throw new Error('names a database, but a cluster has only one');
  if (!/^\d+$/.test(path)) throw new Error('must have the number of a database, or nothing, after its host');
  return { database: Number(path) };
}

function filesOf(parameters: URLSearchParams): RedisAddress['tls'] {
  const read = Object.entries(FILES).flatMap(([parameter, name]) => {
    const file = takeParameter(parameters, parameter);
    return file ? [[name, contentOf(parameter, file)]] : [];
  });
  const tls = Object.fromEntries(read) as NonNullable<RedisAddress['tls']>;
  if (!tls.cert !== !tls.key) throw new Error('must have both sslcert and sslkey, or neither');
  return tls;
}

function contentOf(parameter: string, file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new Error(`names a file by ${parameter} that cannot be read (${(error as NodeJS.ErrnoException).code})`, {
      cause: error,
    });
  }
}

function takeParameter(parameters: URLSearchParams, name: string): string | undefined {
  const value = parameters.get(name) ?? undefined;
  parameters.delete(name);
  return value;
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch (error) {
    throw new Error('has a % that starts no escape: write it as %25', { cause: error });
  }
}
