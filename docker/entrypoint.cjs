/**
 * What a container of the image runs: `gateway`, `delivery` or another service by its name, `migrate`, or `herald …` for
 * the command line. Secrets may come as files: NAME_FILE holds the path of what NAME would hold.
 */
const { existsSync, readdirSync, readFileSync } = require('node:fs');
const path = require('node:path');

const apps = path.resolve(__dirname, '../dist/apps');
/** Programs for people. All other apps are services. */
const PROGRAMS = ['cli', 'local'];
const programOf = (app) => path.join(apps, app, 'src/main.js');

/** Whose variables may come as files; others that end in _FILE, such as SSL_CERT_FILE, mean the file. */
const OURS = /^((?:DATABASE|REDIS|QUEUE|JWT|OPS|HERALD)_\w+)_FILE$/;

endOnSignals();
try {
  readSecretFiles(process.env);
  for (const server of ['DATABASE', 'REDIS']) putPasswordIntoUrl(process.env, server);
  const { app, args } = chosen(process.argv.slice(2));
  process.argv = [process.execPath, programOf(app), ...args];
} catch (error) {
  console.error(`herald: ${error.message}`);
  // What the shell calls a wrong usage.
  process.exit(2);
}
require(process.argv[1]);

function chosen([name = '', ...args]) {
  if (name === 'herald') return { app: 'cli', args };
  if (name === 'migrate') return { app: 'cli', args: ['migrate', ...args] };
  const services = readdirSync(apps).filter((app) => !PROGRAMS.includes(app) && existsSync(programOf(app)));
  if (services.includes(name)) return { app: name, args };
  throw new Error(`"${name}" is none of: ${services.join(', ')}, migrate, herald`);
}

function readSecretFiles(env) {
  for (const [variable, file] of Object.entries(env)) {
    const name = OURS.exec(variable)?.[1];
    if (!name || !file) continue;
    if (env[name]) throw new Error(`${name} and ${variable} are both set`);
    try {
      // Editors and `echo` end a file with a line break that belongs to no secret.
      env[name] = readFileSync(file, 'utf8').replace(/\r?\n$/, '');
    } catch (error) {
      throw new Error(`${variable} cannot be read: ${error.message}`, { cause: error });
    }
    delete env[variable];
  }
}

/** Where a server is may stand in a config map; its password stands elsewhere. */
function putPasswordIntoUrl(env, server) {
  const password = env[`${server}_PASSWORD`];
  if (!password) return;
  const name = `${server}_URL`;
  // Not every one is a URL for Node: that of a cluster names several hosts.
  const [, scheme, user = '', held, rest] =
    /^([a-z+]+:\/\/)(?:([^:@/?]*):?([^@/?]*)@)?([^/].*)$/.exec(env[name] ?? '') ?? [];
  if (!scheme) throw new Error(`${server}_PASSWORD needs ${name} to be the URL it belongs to`);
  if (held) throw new Error(`${name} holds a password, and ${server}_PASSWORD another one`);
  env[name] = `${scheme}${user}:${encodeURIComponent(password)}@${rest}`;
  delete env[`${server}_PASSWORD`];
}

/**
 * The kernel ignores a signal for which process 1 has no handler. A service listens for itself once it is up; until then,
 * and for the command line, the signal ends the process as it would end any other.
 */
function endOnSignals() {
  for (const [signal, number] of Object.entries({ SIGINT: 2, SIGTERM: 15 })) {
    process.on(signal, () => {
      if (process.listenerCount(signal) === 1) process.exit(128 + number);
    });
  }
}
