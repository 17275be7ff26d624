import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { Ajv } from 'ajv';
import { parse } from 'yaml';
import { secretFor, SERVICES, settingsOf } from '../../support/settings.js';

const folder = resolve(__dirname, '../../../docker');

/** The compose-spec's own schema, as the linter `dclint` ships it. */
const schema = join(dirname(require.resolve('dclint/package.json')), 'schemas/compose.schema.json');
const validate = new Ajv({ strict: false, validateFormats: false, validateSchema: false, allErrors: true }).compile(
  JSON.parse(readFileSync(schema, 'utf8')),
);

interface Service {
  command?: string[];
  environment?: Record<string, string>;
  secrets?: (string | { source: string; target: string })[];
  volumes?: string[];
  [field: string]: unknown;
}
interface Compose {
  services: Record<string, Service>;
  secrets: Record<string, { file: string }>;
}

// As Compose reads it: with the defaults of variables that nobody set.
const read = () => {
  const text = readFileSync(join(folder, 'compose.yaml'), 'utf8').replaceAll(/\$\{\w+:-([^}]*)\}/g, '$1');
  return parse(text, { merge: true }) as Compose;
};
const compose = read();
const ours = Object.entries(compose.services).filter(([, { image }]) => image === 'herald');
/** A variable takes an image by its digest; without one, an exact version. */
const EXACT = /^\$\{\w+:-[\w./]+:v?\d+\.\d+(\.\d+)?(-[\w-]+)?\}$/;
const nodeImage = () => /^ARG NODE_IMAGE=(.*)$/m.exec(readFileSync(join(folder, 'Dockerfile'), 'utf8'))?.[1];
const FENCES = {
  read_only: true,
  cap_drop: ['ALL'],
  security_opt: ['no-new-privileges:true'],
  pids_limit: expect.any(Number),
};
const fencesOf = (service: Service) => Object.fromEntries(Object.keys(FENCES).map((fence) => [fence, service[fence]]));
const secretsOf = ({ secrets = [] }: Service) =>
  secrets.map((each) => (typeof each === 'string' ? { source: each, target: each } : each));

describe('compose.yaml', () => {
  test('is what the specification of Compose allows', () => {
    expect([validate(compose), validate.errors]).toEqual([true, null]);
  });

  test.each([
    ['a field that there is not', (gateway: Service) => (gateway['read_olny'] = true)],
    ['a value of the wrong kind', (gateway: Service) => (gateway['cap_drop'] = 'ALL')],
    ['a condition that there is not', (gateway: Service) => (gateway['depends_on'] = { redis: { condition: 'up' } })],
  ])('would be refused for %s', (_, spoil) => {
    const spoilt = read();
    spoil(spoilt.services['gateway']!);
    expect(validate(spoilt)).toBe(false);
  });

  test('runs every service of the image, each as what it is called', () => {
    expect(ours.map(([name]) => name)).toEqual(expect.arrayContaining([...SERVICES, 'migrate', 'ops']));
    expect(ours.map(([, { command }]) => command)).toEqual(ours.map(([name]) => [name]));
  });

  test.each([...SERVICES, 'ops'])('gives %s settings that it starts with', (name) => {
    const { environment } = compose.services[name]!;
    // The entrypoint reads the content of a file.
    const settings = Object.entries(environment!).map(([key, value]) =>
      key.endsWith('_FILE') ? [key.slice(0, -'_FILE'.length), secretFor(key.slice(0, -'_FILE'.length))] : [key, value],
    );
    const { SHUTDOWN_TIMEOUT_MS } = settingsOf(name, Object.fromEntries(settings));
    const seconds = Number(/^(\d+)s$/.exec(String(compose.services[name]!['stop_grace_period']))?.[1]);
    // A service gives up 2 s after its own deadline.
    expect(seconds * 1000).toBeGreaterThan(SHUTDOWN_TIMEOUT_MS + 2000);
  });

  test.each(Object.entries(compose.services))('gives %s a read-only root and no privileges', (_, service) => {
    expect(fencesOf(service)).toEqual(FENCES);
  });

  test.each(['read_only', 'cap_drop', 'security_opt', 'pids_limit'])('would be caught without %s', (fence) => {
    expect(fencesOf({ ...compose.services['postgres'], [fence]: undefined })).not.toEqual(FENCES);
  });

  test('runs no server of another maker as root, and each by an exact version or what a variable names', () => {
    for (const name of ['postgres', 'redis']) expect(compose.services[name]).toMatchObject({ user: name });
    const text = readFileSync(join(folder, 'compose.yaml'), 'utf8');
    const images = [...text.matchAll(/^ {4}image: (.*)$/gm)].map(([, image]) => image!);
    const foreign = images.filter((image) => !image.startsWith('${HERALD_IMAGE:-'));
    expect(foreign).toHaveLength(4);
    for (const image of [...foreign, `\${X:-${nodeImage()}}`]) expect(image).toMatch(EXACT);
    for (const loose of ['postgres:18-bookworm', '${X:-redis:latest}', '${X:-redis}']) expect(loose).not.toMatch(EXACT);
  });

  test('contains no secret, and gives each service only those that it reads', () => {
    for (const [name, service] of Object.entries(compose.services)) {
      const given = secretsOf(service).map(({ target }) => `/run/secrets/${target}`);
      const text = JSON.stringify([service.environment ?? {}, service.command ?? [], service['healthcheck'] ?? {}]);
      const read = [...new Set(text.match(/\/run\/secrets\/\w+/g))];
      expect([name, given.sort()]).toEqual([name, read.sort()]);
      const plain = Object.keys(service.environment ?? {}).filter((key) => /PASSWORD|SECRET|KEY$/.test(key));
      expect(plain.filter((key) => !key.endsWith('_FILE'))).toEqual([]);
      expect(text).not.toMatch(/:\/\/[^/"]*:[^/"]*@/);
    }
    expect(readFileSync(join(folder, '../.gitignore'), 'utf8')).toContain('docker/secrets/');
  });

  test('knows every secret and every file that it names', () => {
    const named = Object.values(compose.services).flatMap((service) => secretsOf(service).map(({ source }) => source));
    expect(Object.keys(compose.secrets)).toEqual(expect.arrayContaining(named));
    expect(Object.values(compose.secrets).map(({ file }) => file)).toEqual(
      Object.keys(compose.secrets).map((name) => `secrets/${name}`),
    );
    const mounts = Object.values(compose.services).flatMap(({ volumes = [] }) => volumes);
    const paths = mounts.map((mount) => mount.split(':')[0]!).filter((path) => path.startsWith('.'));
    expect(paths.length).toBeGreaterThan(0);
    expect(paths.filter((path) => !existsSync(join(folder, path)))).toEqual([]);
  });

  test('has a Redis that loses nothing and evicts nothing', () => {
    const command = compose.services['redis']!.command!.join(' ');
    for (const setting of ['appendonly yes', 'appendfsync always', 'maxmemory-policy noeviction', 'requirepass'])
      expect(command).toContain(`--${setting}`);
  });

  test('lets only the gateway in from outside', () => {
    const open = Object.entries(compose.services).filter(([, { ports = [] }]) =>
      (ports as string[]).some((port) => !port.startsWith('127.0.0.1:')),
    );
    expect(open.map(([name]) => name)).toEqual(['gateway']);
  });
});
