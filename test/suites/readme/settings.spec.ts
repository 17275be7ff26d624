import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { SERVICES } from '@herald/operator';
import { commandLine } from '../../support/command-line.js';

// Each command is a process, which a busy machine takes its time to start.
jest.setTimeout(180_000);

interface Setting {
  name: string;
  required: boolean;
  default?: string;
  meaning: string;
}

const WORKERS = ['delivery', 'agent-actions', 'merchant-answers'];
const ROW = /^\| `([A-Z][A-Z0-9_]*)` +\| +(.*?) *\| +(.*?) *\|$/gm;

/** The tables of a page's section "Settings", each as lines of variable, default and meaning. */
function tablesOf(page: string): string[][] {
  const text = readFileSync(resolve(__dirname, '../../..', page), 'utf8');
  const [, section = ''] = /^## Settings\n(.*?)(?=^## )/ms.exec(text) ?? [];
  return section
    .split('| variable')
    .slice(1)
    .map((table) => [...table.matchAll(ROW)].map(([, name, by, meaning]) => lineOf(name!, by!, meaning!)));
}

/** Links lead nowhere from a terminal, and defaults stand as code where they are words. */
const lineOf = (name: string, by: string, meaning: string) =>
  `${name} | ${by.replaceAll('`', '')} | ${meaning.replaceAll(/\[([^\]]*)\]\([^)]*\)/g, '$1')}`;

const linesOf = (settings: Setting[]) =>
  settings.map(({ name, required, default: by = '', meaning }) => lineOf(name, required ? 'required' : by, meaning));

async function declaredBy(service: string): Promise<Setting[]> {
  const { stdout } = await commandLine({}, 'settings', service, '--json');
  return JSON.parse(stdout) as Setting[];
}

const [ofAll, ofWorkers] = tablesOf('libs/bootstrap/README.md') as [string[], string[]];
const documented = (service: string) => [
  ...ofAll,
  ...(WORKERS.includes(service) ? ofWorkers : []),
  ...tablesOf(`apps/${service}/README.md`).flat(),
];

describe.each(SERVICES.map(({ name }) => name))('the settings of %s', (service) => {
  it('stand in the tables as they are declared, none more and none less', async () => {
    expect(documented(service).sort()).toEqual(linesOf(await declaredBy(service)).sort());
  });

  it('each have a meaning', async () => {
    expect((await declaredBy(service)).filter(({ meaning }) => meaning === '')).toEqual([]);
  });
});

describe('a table with a mistake', () => {
  it.each<[string, (lines: string[]) => string[]]>([
    ['a setting that is not in it', (lines) => lines.slice(1)],
    ['one that is not declared', (lines) => [...lines, lineOf('RETRIES', '3', 'how often')]],
    ['another default', (lines) => lines.map((line) => line.replace('| 100 |', '| 10 |'))],
    ['another meaning', (lines) => lines.map((line) => line.replace('jobs in progress', 'messages'))],
  ])('is found by %s', async (_, spoil) => {
    const declared = linesOf(await declaredBy('delivery')).sort();
    expect(spoil(documented('delivery')).sort()).not.toEqual(declared);
  });
});

describe('herald settings', () => {
  it('shows those of all services, each once with the services that read it, and no value of the environment', async () => {
    const canary = 'postgres://canary:canary@127.0.0.1/canary';
    const { stdout } = await commandLine({ DATABASE_URL: canary, QUEUE_SECRET: canary }, 'settings');
    expect(stdout).toMatch(/^DATABASE_URL +required +Postgres; .* +all$/m);
    expect(stdout).toMatch(/^FEED_DAYS +0 +older messages .* +delivery$/m);
    expect(stdout.match(/^DATABASE_POOL_SIZE /gm)).toHaveLength(3);
    expect(stdout).not.toContain('canary');
    expect(stdout.split('\n').filter(({ length }) => length > 120)).toEqual([]);
  });

  it('says which services there are to one that it does not know', async () => {
    const { failed, stderr } = await commandLine({}, 'settings', 'mailer');
    expect([failed, stderr]).toEqual([true, expect.stringMatching(/no service "mailer".*gateway, delivery/)]);
  });
});
