import { appendFileSync, cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { exportersOf, TracingEnv } from '../../../libs/bootstrap/src/tracing/tracing.env.js';
import { SERVICES } from '../../support/settings.js';
import { findKustomize, type Manifest } from './kustomize.js';
import { podOf } from './policy.js';
import { schemaFaults } from './schema.js';

const kustomize = findKustomize();

(kustomize ? describe : describe.skip)('the production overlay with the component for traces', () => {
  let plain: Manifest[];
  let traced: Manifest[];
  beforeAll(() => {
    const copy = mkdtempSync(join(tmpdir(), 'herald-k8s-'));
    cpSync(resolve(__dirname, '../../../k8s'), copy, { recursive: true });
    const overlay = join(copy, 'overlays/production');
    plain = kustomize!.build(overlay);
    appendFileSync(join(overlay, 'kustomization.yaml'), '\ncomponents: [../../components/tracing]\n');
    traced = kustomize!.build(overlay);
    rmSync(copy, { recursive: true });
  });

  /** Returns the variables that a service's pod takes from whole config maps. */
  function mapped(manifests: Manifest[], name: string): Record<string, string> {
    const found = (kind: string, called: string) =>
      manifests.find((each) => each.kind === kind && each.metadata.name === called)!;
    const { envFrom } = podOf(found('Deployment', name)).containers[0];
    return Object.assign({}, ...envFrom.map(({ configMapRef }: any) => found('ConfigMap', configMapRef.name)['data']));
  }
  const policy = (manifests: Manifest[]) => manifests.find(({ metadata }) => metadata.name === 'collector');

  test('matches the schemas', () => expect(schemaFaults(traced)).toEqual([]));

  test.each([...SERVICES, 'ops'])('lets %s trace, which it does not otherwise', (name) => {
    expect(exportersOf(TracingEnv.parse(mapped(plain, name)))).toEqual([]);
    expect(exportersOf(TracingEnv.parse(mapped(traced, name)))).toEqual(['otlp']);
    expect(mapped(traced, name)).toMatchObject(mapped(plain, name));
  });

  test('opens the way of all services to the collector that is named, and no other', () => {
    const { hostname, port } = new URL(mapped(traced, 'gateway')['OTEL_EXPORTER_OTLP_ENDPOINT']!);
    const [, namespace] = hostname.split('.');
    expect(policy(plain)).toBeUndefined();
    expect(policy(traced)!['spec']).toEqual({
      podSelector: {
        matchLabels: { 'app.kubernetes.io/name': 'herald' },
        matchExpressions: [{ key: 'app.kubernetes.io/component', operator: 'NotIn', values: ['migrate'] }],
      },
      policyTypes: ['Egress'],
      egress: [
        {
          to: [{ namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': namespace } } }],
          ports: [{ protocol: 'TCP', port: Number(port) }],
        },
      ],
    });
    expect(policy(traced)!.metadata.namespace).toBe('herald');
  });
});
