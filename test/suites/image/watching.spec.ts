import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parse } from 'yaml';
import { faultsOf, METRICS } from '../../support/promql.js';

const docker = resolve(__dirname, '../../../docker');
const yaml = (path: string) => parse(readFileSync(join(docker, path), 'utf8'));

interface Rule {
  alert?: string;
  record?: string;
  expr: string;
  labels?: Record<string, string>;
  annotations?: Record<string, string>;
}
const rules = (yaml('prometheus/alerts.yml').groups as { rules: Rule[] }[]).flatMap((group) => group.rules);
const alerts = rules.filter(({ alert }) => alert);
const recorded = rules.flatMap(({ record }) => record ?? []);

interface Panel {
  id: number;
  type: string;
  title: string;
  gridPos: { x: number; y: number; w: number; h: number };
  datasource?: { uid: string };
  targets?: { expr: string; refId: string }[];
}
interface Dashboard {
  uid: string;
  title: string;
  panels: Panel[];
  templating: { list: { name: string; definition: string }[] };
}
const files = readdirSync(join(docker, 'grafana/dashboards'));
const dashboards = files.map((file): [string, Dashboard] => [
  file,
  JSON.parse(readFileSync(join(docker, 'grafana/dashboards', file), 'utf8')),
]);

/** With values where Grafana puts them. */
const filled = (expression: string) => expression.replaceAll('$__rate_interval', '5m').replaceAll(/\$\w+/g, '.*');

describe('metrics.yaml', () => {
  test('names each metric once, as Prometheus would have it', () => {
    const names = METRICS.map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
    for (const { name, type } of METRICS) expect([name, name.endsWith('_total')]).toEqual([name, type === 'counter']);
  });

  test('names nothing that nobody reads', () => {
    const read = JSON.stringify([rules, dashboards]);
    expect(METRICS.filter(({ name }) => !read.includes(name))).toEqual([]);
  });

  test.each([
    ['max by (queue) (herald_outbox_oldest_secs)', 'herald_outbox_oldest_secs is not in metrics.yaml'],
    ['herald_end_to_end_seconds', 'herald_end_to_end_seconds is not in metrics.yaml'],
    ['herald_dead_letters{company="x"}', 'company is no label of'],
    ['sum by (queue (herald_dead_letters)', 'not PromQL'],
  ])('would catch: %s', (expression, fault) => {
    expect(faultsOf(expression)).toContainEqual(expect.stringContaining(fault));
  });
});

describe('alert rules', () => {
  test('watch what the promises hang on', () => {
    expect(alerts.map(({ alert }) => alert)).toEqual(
      expect.arrayContaining([
        'HeraldMessageOwedForLong',
        'HeraldQueueStuck',
        'HeraldDeadLetters',
        'HeraldErrorBudgetBurnsFast',
        'HeraldErrorBudgetBurns',
      ]),
    );
  });

  test.each(rules)('read metrics that there are: $alert$record', ({ expr }) => {
    expect(faultsOf(expr, recorded)).toEqual([]);
  });

  test.each(alerts)('say how urgent they are and what is wrong: $alert', ({ labels, annotations }) => {
    expect(['warning', 'critical']).toContain(labels?.['severity']);
    expect(annotations?.['summary']).toMatch(/\w/);
  });

  const promtool = (...args: string[]) => spawnSync('promtool', args, { encoding: 'utf8', cwd: __dirname });
  const there = promtool('--version').status === 0;
  if (!there) process.stderr.write('SKIPPED: no alert rule was tried, since there is no promtool on the PATH\n');

  (there ? describe : describe.skip)('as promtool sees them', () => {
    test('are rules and a configuration that Prometheus takes', () => {
      const { status, stdout, stderr } = promtool('check', 'config', join(docker, 'prometheus/prometheus.yml'));
      expect([status, stdout + stderr]).toEqual([0, expect.stringContaining('SUCCESS')]);
    });

    test('fire when they should, and not before', () => {
      const { status, stdout, stderr } = promtool('test', 'rules', 'alerts.promtool.yml');
      expect([status, stdout + stderr]).toEqual([0, expect.stringContaining('SUCCESS')]);
    });
  });

  test('are each tried', () => {
    const { tests } = parse(readFileSync(join(__dirname, 'alerts.promtool.yml'), 'utf8')) as {
      tests: { alert_rule_test: { alertname: string; exp_alerts: unknown[] }[] }[];
    };
    const seenFiring = tests.flatMap((each) => each.alert_rule_test).filter((each) => each.exp_alerts.length > 0);
    expect(new Set(seenFiring.map(({ alertname }) => alertname))).toEqual(new Set(alerts.map(({ alert }) => alert)));
  });
});

describe('Prometheus', () => {
  test('scrapes every service of compose.yaml where it serves its metrics', () => {
    const [{ dns_sd_configs: found }] = yaml('prometheus/prometheus.yml').scrape_configs;
    const { services } = parse(readFileSync(join(docker, 'compose.yaml'), 'utf8'), { merge: true }) as {
      services: Record<string, { environment?: Record<string, string> }>;
    };
    const telling = Object.keys(services).filter((name) => services[name]!.environment?.['METRICS_PORT']);
    expect(found[0].names.sort()).toEqual(telling.sort());
    for (const name of telling) expect(services[name]!.environment!['METRICS_PORT']).toBe(String(found[0].port));
  });
});

describe.each(dashboards)('the dashboard %s', (_, { panels, templating }) => {
  const shown = panels.filter(({ type }) => type !== 'row');

  test('reads metrics that there are', () => {
    const expressions = shown.flatMap(({ targets }) => targets!.map(({ expr }) => expr));
    expect(expressions.length).toBeGreaterThan(0);
    for (const each of expressions) expect([each, faultsOf(filled(each))]).toEqual([each, []]);
    for (const { definition } of templating.list) {
      const [, metric, label] = /^label_values\((.+), (\w+)\)$/.exec(definition)!;
      expect(faultsOf(`max by (${label}) (${metric})`)).toEqual([]);
    }
  });

  test('uses the variables that it has, and the data source that is provided', () => {
    const variables = [...JSON.stringify(shown).matchAll(/\$([a-z]\w*)/g)].map(([, name]) => name);
    expect(new Set(variables)).toEqual(new Set(templating.list.map(({ name }) => name)));
    const [{ uid }] = yaml('grafana/provisioning/datasources/prometheus.yaml').datasources;
    expect(new Set(shown.map(({ datasource }) => datasource?.uid))).toEqual(new Set([uid]));
  });

  test('has panels that lie side by side', () => {
    expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length);
    for (const [index, a] of panels.entries()) {
      expect(a.gridPos.x + a.gridPos.w).toBeLessThanOrEqual(24);
      const over = panels.slice(index + 1).filter((b) => overlap(a.gridPos, b.gridPos));
      expect([a.title, over.map(({ title }) => title)]).toEqual([a.title, []]);
    }
  });
});

function overlap(a: Panel['gridPos'], b: Panel['gridPos']): boolean {
  return a.x < b.x + b.w && b.x < a.x + a.w && a.y < b.y + b.h && b.y < a.y + a.h;
}

test('every dashboard has a name of its own', () => {
  expect(new Set(dashboards.map(([, { uid }]) => uid)).size).toBe(dashboards.length);
});
