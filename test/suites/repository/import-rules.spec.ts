import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import ts from 'typescript';

const root = resolve(__dirname, '../../..');

interface Config {
  options: { typeAware: boolean };
  jsPlugins: string[];
  overrides: { files: string[]; rules: Record<string, unknown> }[];
}
const { config } = ts.readConfigFile(join(root, '.oxlintrc.json'), ts.sys.readFile) as { config: Config };

const QUEUE = 'Only libs/queue knows Redis.';
const DATABASE = 'Only libs/database knows Postgres.';
const INDEX = 'An app imports a lib by its index only.';
const APP = 'An app never reaches into another app, and takes a lib by its name.';
const LIB = 'A lib reaches into no other folder.';
const ALONE = 'libs/contracts and libs/bootstrap import no other lib.';

const SERVICES = 'Services know nothing of the programs that start them.';
const TYPES = 'libs/operator takes only types from other libs, so that `herald --help` is fast.';
const CLASSES = 'Messages are DTO classes; Zod reads settings and options.';

const redis = { bullmq: QUEUE, 'bullmq/dist/x': QUEUE, ioredis: QUEUE, '@nestjs/bullmq': QUEUE };
const zod = { zod: CLASSES, 'zod/v4': CLASSES };
const postgres = { pg: DATABASE, 'pg/lib/x': DATABASE, typeorm: DATABASE, '@nestjs/typeorm': DATABASE };
const deep = { '@herald/queue/src': INDEX, '@herald/queue/src/gate.js': INDEX };
const outside = {
  '../../ops/src/index.js': LIB,
  '../../../apps/gateway/src/main.js': LIB,
  '../../../test/support/client.js': LIB,
};

const operator = { '@herald/operator': SERVICES };

/** Folders of an app that read other input than messages. */
const settings = {
  allowed: ['zod', '@herald/contracts'],
  forbidden: { ...redis, ...postgres, ...deep, '../../../../libs/queue': APP },
};
/** The same in a service. */
const ofService = { ...settings, forbidden: { ...settings.forbidden, ...operator } };
/** The same in a program that people start. */
const ofProgram = { ...settings, allowed: [...settings.allowed, '@herald/operator'] };

/** For each folder of the configuration a place in it, what may be imported there and what may not, and why. */
const folders: Record<string, { at: string; ending?: string; allowed: string[]; forbidden: Record<string, string> }> = {
  'apps/**': {
    at: 'apps/gateway/src/delivery',
    allowed: ['@herald/queue', '@herald/database', '../outbox/outbox.writer.js', './pg.js', 'rxjs'],
    forbidden: {
      ...redis,
      ...postgres,
      ...deep,
      ...zod,
      ...operator,
      '../../../delivery/src/delivery.consumer.js': APP,
      '../../../../apps/cli/src/confirm.js': APP,
      '../../../../libs/queue/src/index.js': APP,
      '../../../../libs/queue': APP,
      '../../../../test/support/client.js': APP,
    },
  },
  'apps/cli/**': {
    at: 'apps/cli/src/accounts',
    ...ofProgram,
    forbidden: { ...ofProgram.forbidden, '../../../local/src/servers/redis.js': APP },
  },
  'apps/local/**': {
    at: 'apps/local/src/supervision',
    ...ofProgram,
    forbidden: { ...ofProgram.forbidden, '../../../cli/src/confirm.js': APP },
  },
  'apps/*/src/*.env.ts': { at: 'apps/delivery/src', ending: '.env', ...ofService },
  'apps/*/src/access/**': { at: 'apps/gateway/src/access', ...ofService },
  'apps/*/src/auth/**': { at: 'apps/ops/src/auth', ...ofService },
  'apps/local/src/servers/**': {
    at: 'apps/local/src/servers',
    allowed: ['pg', '@herald/database', '@herald/operator'],
    forbidden: {
      ...redis,
      ...deep,
      typeorm: 'Only libs/database knows TypeORM.',
      '@nestjs/typeorm': 'Only libs/database knows TypeORM.',
      '../../../../libs/queue': APP,
      '../../../../test/support/client.js': APP,
      '../../../gateway/src/main.js': APP,
    },
  },
  'libs/contracts/**': {
    at: 'libs/contracts/src',
    allowed: ['class-validator', './text.js'],
    forbidden: { ...redis, ...postgres, ...zod, ...outside, '@herald/queue': ALONE, '@herald/database': ALONE },
  },
  'libs/bootstrap/**': {
    at: 'libs/bootstrap/src',
    allowed: ['pino', 'zod', './env.js'],
    forbidden: {
      ...redis,
      ...postgres,
      ...outside,
      '@herald/contracts': ALONE,
      '@herald/queue/src/x': ALONE,
      '@herald/worker': ALONE,
    },
  },
  'libs/queue/**': {
    at: 'libs/queue/src',
    allowed: ['bullmq', 'ioredis', '@herald/contracts'],
    forbidden: {
      ...postgres,
      ...outside,
      '@herald/database': 'libs/queue imports no lib but contracts.',
      '@herald/worker': 'libs/queue imports no lib but contracts.',
      '@herald/contracts/src/text.js': 'libs/queue imports no lib but contracts.',
    },
  },
  'libs/database/**': {
    at: 'libs/database/src',
    allowed: ['pg', 'typeorm', '@herald/contracts', './entities/user.entity.js'],
    forbidden: {
      ...redis,
      ...outside,
      '@herald/queue': 'libs/database imports no lib but contracts.',
      '@herald/contracts/src/text.js': 'libs/database imports no lib but contracts.',
      '@herald/worker': 'libs/database imports no lib but contracts.',
      '@nestjs/common': 'The command line loads libs/database without Nest.',
    },
  },
  'libs/worker/**': {
    at: 'libs/worker/src',
    allowed: ['@herald/bootstrap', '@herald/contracts', '@herald/database', '@herald/queue', '@nestjs/common'],
    forbidden: {
      ...redis,
      ...postgres,
      ...zod,
      ...outside,
      ...operator,
      '../../../apps/delivery/src/delivery.consumer.js': LIB,
      '@herald/queue/src/queue.server.js': 'libs/worker imports a lib by its index only.',
    },
  },
  'libs/operator/**': {
    at: 'libs/operator/src',
    allowed: ['zod', 'jsonwebtoken', './failure.js'],
    forbidden: {
      ...redis,
      ...postgres,
      ...outside,
      '@herald/bootstrap': TYPES,
      '@herald/database': TYPES,
      '@herald/queue/src/gate.js': TYPES,
    },
  },
};

const SQL = 'herald(no-sql)';

/** Texts of an app that are no SQL. */
const NO_SQL = `export const texts = ['Select the dead letters first', 'Update a message', 'with care', 'select'];`;

/** Files that break one other rule each. */
const violations: Record<string, [source: string, rule: string]> = {
  'libs/queue/src/way/export.ts': ["export * from 'pg';", DATABASE],
  'libs/queue/src/way/type.ts': ["export type { Pool } from 'pg';", DATABASE],
  'libs/queue/src/way/lazy.ts': ["export const load = () => import('pg');", DATABASE],
  'libs/queue/src/way/require.ts': ["export const pg = require('pg');", 'typescript(no-require-imports)'],
  'apps/gateway/src/cycle/a.ts': ["export { b as a } from './b.js';", 'import(no-cycle)'],
  'apps/gateway/src/cycle/b.ts': ["export type { a as b } from './a.js';", 'import(no-cycle)'],
  'apps/gateway/src/wrong.ts': ['debugger;', 'eslint(no-debugger)'],
  'apps/gateway/src/floating.ts': ['Promise.resolve();', 'typescript(no-floating-promises)'],
  'apps/gateway/src/misused.ts': [
    'declare const run: (act: () => void) => void;\nrun(async () => {});',
    'typescript(no-misused-promises)',
  ],
  'apps/gateway/src/any.ts': ['export let x: any;', 'typescript(no-explicit-any)'],
  'apps/gateway/src/console.ts': ['console.log(1);', 'eslint(no-console)'],
  'libs/bootstrap/src/console.ts': ['console.log(1);', 'eslint(no-console)'],
  'apps/gateway/src/sql/select.ts': ["export const text = 'select id from outbox where queue = $1';", SQL],
  'apps/gateway/src/sql/function.ts': ["export const text = 'select pg_notify($1, $2)';", SQL],
  'apps/delivery/src/sql/insert.ts': [
    'export const text = (table: string) => `\n insert into ${table} values ($1)`;',
    SQL,
  ],
  'apps/ops/src/sql/update.ts': ['export const text = `update outbox o set alone = true`;', SQL],
  'apps/agent-actions/src/sql/delete.ts': ["export const text = 'DELETE FROM outbox';", SQL],
  'apps/gateway/src/sql/with.ts': [
    'export const text = `with taken as (delete from outbox returning *) table taken`;',
    SQL,
  ],
  'apps/gateway/src/unused.ts': ['const x = 1;', 'eslint(no-unused-vars)'],
  'apps/gateway/src/equal.ts': ['export const f = (x: unknown) => x == 1;', 'eslint(eqeqeq)'],
  'apps/gateway/src/long.ts': ['export {};\n'.repeat(301), 'eslint(max-lines)'],
};

/** Lints a folder. Returns the findings of each file: the message of an import rule, or the name of another rule. */
function lint(folder: string, options = config.options): Record<string, string[]> {
  writeFileSync(join(folder, '.oxlintrc.json'), JSON.stringify({ ...config, options }));
  const oxlint = spawnSync(join(root, 'node_modules/.bin/oxlint'), ['--format', 'json'], {
    cwd: folder,
    encoding: 'utf8',
    env: { ...process.env, OXLINT_TSGOLINT_PATH: join(root, 'node_modules/.bin/tsgolint') },
  });
  if (!oxlint.stdout.startsWith('{')) throw new Error(oxlint.stdout + oxlint.stderr);
  const { diagnostics, number_of_files: files } = JSON.parse(oxlint.stdout) as {
    diagnostics: { code: string; help: string; filename: string }[];
    number_of_files: number;
  };
  if (files === 0) throw new Error('the linter saw no file');
  const said: Record<string, string[]> = {};
  for (const { code, help, filename } of diagnostics) {
    (said[filename] ??= []).push(code === 'eslint(no-restricted-imports)' ? help : code);
  }
  return said;
}

describe('the rules of the linter', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'herald-lint-'));
    // When one of these is missing the linter resolves no import, and sees no cycle.
    for (const file of [
      'tsconfig.base.json',
      'apps/tsconfig.json',
      'libs/tsconfig.json',
      'test/tsconfig.json',
      ...config.jsPlugins,
    ]) {
      cpSync(join(root, file), join(folder, file));
    }
    mkdirSync(join(folder, 'node_modules'));
    symlinkSync(join(root, 'node_modules/@types'), join(folder, 'node_modules/@types'));
  });
  afterEach(() => {
    rmSync(folder, { recursive: true, force: true });
  });

  const write = (file: string, source: string) => {
    mkdirSync(dirname(join(folder, file)), { recursive: true });
    writeFileSync(join(folder, file), source);
  };

  it('report each violation, by its rule, and nothing else', () => {
    const expected: Record<string, string[]> = {};
    for (const { at, ending = '', allowed, forbidden } of Object.values(folders)) {
      allowed.forEach((specifier, n) => write(`${at}/allowed-${n}${ending}.ts`, `import '${specifier}';\n`));
      Object.entries(forbidden).forEach(([specifier, rule], n) => {
        write(`${at}/forbidden-${n}${ending}.ts`, `import '${specifier}';\n`);
        expected[`${at}/forbidden-${n}${ending}.ts`] = [rule];
      });
    }
    write('apps/ops/src/sql/none.ts', NO_SQL);
    write('apps/cli/src/seed/sql.ts', "export const text = 'select id from outbox';");
    for (const [file, [source, rule]] of Object.entries(violations)) {
      write(file, source);
      expected[file] = [rule];
    }
    expect(lint(folder)).toEqual(expected);
  });

  it('have no entry without a violation here', () => {
    const configured: Record<string, Set<string>> = {};
    for (const { files, rules } of config.overrides) {
      const [, imports] = (rules['no-restricted-imports'] ?? []) as [string, { patterns: { message: string }[] }?];
      if (!imports) continue;
      for (const file of files) configured[file] = new Set(imports.patterns.map(({ message }) => message));
    }
    const violated = Object.entries(folders).map(([glob, { forbidden }]) => [glob, new Set(Object.values(forbidden))]);
    expect(configured).toEqual(Object.fromEntries(violated));
  });

  it('find nothing in the apps and libs as they are', () => {
    for (const part of ['apps', 'libs']) cpSync(join(root, part), join(folder, part), { recursive: true });
    expect(lint(folder, { ...config.options, typeAware: false })).toEqual({});
  });
});
