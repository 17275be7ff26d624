import { readFileSync } from 'node:fs';

/** Where Redis is and how to get in, as REDIS_URL tells. */
export interface RedisAddress {
  kind: 'server' | 'cluster' | 'sentinel';
  /** The server, or the first nodes of a cluster to ask, or the sentinels. */
  nodes: { host: string; port: number }[];
  username?: string;
  password?: string;
  /** Of a single server. */
  database?: number;
  /** What the sentinels call the master. */
  master?: string;
  sentinelPassword?: string;
  /** In PEM. */
  tls?: { ca?: string; cert?: string; key?: string };
}

const DEFAULT_PORT = { server: 6379, cluster: 6379, sentinel: 26_379 };
const WHOLE = /^(redis|rediss)(?:\+(cluster|sentinel))?:\/\/(?:([^/?]*)@)?([^/?@]+)(?:\/([^/?]*))?(?:\?(.*))?$/;
const NODE = /^(?:\[([\da-f:.]+)\]|([\w.-]+))(?::(\d{1,5}))?$/i;
const FORMS =
  'must be a URL that starts with redis:// or rediss://, redis+cluster:// or redis+sentinel://, ' +
  'like redis+sentinel://user:password@host:26379,host:26379/mymaster';

/** TLS files by the names that they have in DATABASE_URL too. */
const FILES = { sslrootcert: 'ca', sslcert: 'cert', sslkey: 'key' } as const;

/**
 * Reads REDIS_URL, and the files that it names.
 * @throws Error that says what is wrong with it, without its value
 */
export function parseRedisUrl(url: string): RedisAddress {
  const [, scheme, form = 'server', login = '', hosts = '', path = '', query] = WHOLE.exec(url) ?? [];
  if (!scheme) throw new Error(FORMS);
  const kind = form as RedisAddress['kind'];
  const [username, password] = login.split(/:(.*)/s, 2).map(decoded);
  const parameters = new URLSearchParams(query);
  const address: RedisAddress = {
    kind,
    nodes: hosts.split(',').map((host) => nodeOf(host, DEFAULT_PORT[kind])),
    username: username || undefined,
    password: password || undefined,
    ...placeOf(kind, decoded(path)),
    sentinelPassword: kind === 'sentinel' ? taken(parameters, 'sentinel_password') : undefined,
    tls: scheme === 'rediss' ? filesOf(parameters) : undefined,
  };
  if (kind === 'server' && address.nodes.length > 1) {
    throw new Error('names several servers: redis+cluster:// or redis+sentinel:// tells what they are');
  }
  const [unknown] = parameters.keys();
  if (unknown) throw new Error(`has a parameter ${unknown}, which means nothing here`);
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
  if (kind === 'cluster') throw new Error('names a database, and a cluster has but one');
  if (!/^\d+$/.test(path)) throw new Error('must have the number of a database, or nothing, behind its host');
  return { database: Number(path) };
}

function filesOf(parameters: URLSearchParams): RedisAddress['tls'] {
  const read = Object.entries(FILES).flatMap(([parameter, name]) => {
    const file = taken(parameters, parameter);
    return file ? [[name, contentOf(parameter, file)]] : [];
  });
  const tls = Object.fromEntries(read) as NonNullable<RedisAddress['tls']>;
  if (!tls.cert !== !tls.key) throw new Error('has one of sslcert and sslkey, and needs both or none');
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

function taken(parameters: URLSearchParams, name: string): string | undefined {
  const value = parameters.get(name) ?? undefined;
  parameters.delete(name);
  return value;
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch (error) {
    throw new Error('has a % that begins no code: write it as %25', { cause: error });
  }
}
