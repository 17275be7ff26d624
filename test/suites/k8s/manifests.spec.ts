import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { version } from '@herald/bootstrap';
import { faultsOf } from '../../support/promql.js';
import { secretFor, SERVICES, settingsOf } from '../../support/settings.js';
import { findKustomize, type Manifest } from './kustomize.js';
import { podFaults, podOf } from './policy.js';
import { schemaFaults } from './schema.js';

const folder = resolve(__dirname, '../../../k8s');
const WORKERS = SERVICES.filter((name) => name !== 'gateway');
const WORKLOADS = [...SERVICES, 'ops', 'migrate'];

const kustomize = findKustomize();
if (!kustomize)
  process.stderr.write('SKIPPED: k8s/ was not built, since there is no kustomize and no kubectl 1.27 here\n');

(kustomize ? describe : describe.skip)('the production overlay, as kustomize builds it', () => {
  let manifests: Manifest[];
  const build = (path: string) => kustomize!.build(path);
  const copy = (manifest: Manifest): Manifest => structuredClone(manifest);
  const ofKind = (kind: string) => manifests.filter((each) => each.kind === kind);
  const find = (kind: string, name: string) => ofKind(kind).find(({ metadata }) => metadata.name === name)!;
  const workload = (name: string) => find(name === 'migrate' ? 'Job' : 'Deployment', name);
  const container = (name: string) => podOf(workload(name)).containers[0];

  beforeAll(() => {
    manifests = build(join(folder, 'overlays/production'));
  });

  describe('schemas', () => {
    test('of Kubernetes and of KEDA hold for every manifest', () => {
      expect(manifests.length).toBeGreaterThan(20);
      expect(schemaFaults(manifests)).toEqual([]);
    });

    test('hold for the base by itself', () => {
      expect(schemaFaults(build(join(folder, 'base')))).toEqual([]);
    });

    test.each<[string, string, (manifest: Manifest) => unknown, RegExp]>([
      [
        'a field that there is not',
        'Deployment',
        (it) => (podOf(it).containers[0].imagePullPolicies = 'x'),
        /imagePullPol/,
      ],
      ['a value of the wrong kind', 'Deployment', (it) => (it['spec'].revisionHistoryLimit = '5'), /string/],
      ['a field that is missing', 'Job', (it) => delete it['spec'].template, /template/],
      ['a kind that there is not', 'Service', (it) => (it.kind = 'Servise'), /Servise/],
      ['a version that there is not', 'Service', (it) => (it.apiVersion = 'v9'), /v9/],
      ['a field that KEDA has not', 'ScaledObject', (it) => (it['spec'].maxReplicas = 3), /maxReplicas/],
      ['a trigger without a type', 'ScaledObject', (it) => delete it['spec'].triggers[0].type, /type/],
    ])('would catch %s', (_, kind, spoil, fault) => {
      const spoilt = copy(ofKind(kind)[0]!);
      spoil(spoilt);
      expect(schemaFaults([spoilt])).toContainEqual(expect.stringMatching(fault));
    });

    test('are not all: kustomize itself refuses a patch that meets nothing', () => {
      const spoilt = mkdtempSync(join(tmpdir(), 'herald-k8s-'));
      cpSync(folder, spoilt, { recursive: true });
      const file = join(spoilt, 'overlays/production/gateway.yaml');
      writeFileSync(file, readFileSync(file, 'utf8').replace('name: gateway', 'name: gatewya'));
      expect(() => build(join(spoilt, 'overlays/production'))).toThrow('gatewya');
      rmSync(spoilt, { recursive: true });
    });
  });

  describe('pods', () => {
    test('are those of every service and of the migration, each run as what it is called', () => {
      const found = manifests.filter(podOf).map(({ metadata }) => metadata.name);
      expect(found.sort()).toEqual([...WORKLOADS].sort());
      for (const name of WORKLOADS) expect(container(name).args).toEqual([name]);
    });

    test('keep to the restricted profile, have bounds, and hold no secret', () => {
      expect(manifests.filter(podOf).flatMap(podFaults)).toEqual([]);
      expect(ofKind('Secret')).toEqual([]);
      const [{ metadata }] = ofKind('Namespace') as [Manifest];
      expect(metadata.labels!['pod-security.kubernetes.io/enforce']).toBe('restricted');
    });

    test.each<[string, (pod: any) => unknown]>([
      ['a container without securityContext', (pod) => delete pod.containers[0].securityContext],
      ['a pod without securityContext', (pod) => delete pod.securityContext],
      ['a root that can be written', (pod) => (pod.containers[0].securityContext.readOnlyRootFilesystem = false)],
      ['a capability', (pod) => (pod.containers[0].securityContext.capabilities = { drop: ['ALL'], add: ['NET_RAW'] })],
      ['a container without bounds', (pod) => delete pod.containers[0].resources],
      ['a second container', (pod) => pod.containers.push({ name: 'sidecar', image: 'x' })],
      ['a password in the manifest', (pod) => pod.containers[0].env.push({ name: 'DATABASE_PASSWORD', value: 'x' })],
      ['files of the node', (pod) => pod.volumes.push({ name: 'host', hostPath: { path: '/' } })],
      ["a token for the cluster's API", (pod) => delete pod.automountServiceAccountToken],
    ])('would be refused for %s', (_, spoil) => {
      const spoilt = copy(workload('gateway'));
      spoil(podOf(spoilt));
      expect(podFaults(spoilt)).not.toEqual([]);
    });

    test('run one image, of a version', () => {
      expect(new Set(WORKLOADS.map((name) => container(name).image))).toEqual(
        new Set([`registry.example.com/herald:${version}`]),
      );
    });

    test.each([...SERVICES, 'ops'])('%s is asked for its health, and spread over zones and nodes', (name) => {
      const { ports, livenessProbe, readinessProbe, startupProbe } = container(name);
      const probes = [livenessProbe, readinessProbe, startupProbe].map(({ httpGet }) => httpGet);
      expect(livenessProbe.httpGet.path).toBe('/health/live');
      expect(probes.map(({ path }) => path)).toContain('/health/ready');
      expect(new Set(probes.map(({ port }) => port))).toEqual(new Set([ports[0].name]));
      expect(podOf(workload(name)).topologySpreadConstraints.map((each: any) => each.topologyKey)).toEqual([
        'topology.kubernetes.io/zone',
        'kubernetes.io/hostname',
      ]);
    });

    test('of the gateway stay in service while a server is away', () => {
      expect(container('gateway').readinessProbe.httpGet.path).toBe('/health/live');
      expect(container('gateway').startupProbe.httpGet.path).toBe('/health/ready');
    });
  });

  /** As the kubelet puts it together; the files of the secrets read by the entrypoint. */
  function environmentOf(name: string): Record<string, string> {
    const { env = [], envFrom = [] } = container(name);
    const mapped = (reference: string) => find('ConfigMap', reference)['data'] as Record<string, string>;
    const all: Record<string, string> = {};
    for (const { configMapRef } of envFrom) Object.assign(all, mapped(configMapRef.name));
    const own: Record<string, string> = {};
    for (const { name: key, value, valueFrom } of env) {
      const from = valueFrom?.configMapKeyRef;
      // Only variables of the same list are put into others.
      own[key] = from
        ? mapped(from.name)[from.key]!
        : value.replaceAll(/\$\((\w+)\)/g, (_: string, each: string) => own[each]);
    }
    const settings = Object.entries({ ...all, ...own });
    return Object.fromEntries(
      settings.map(([key, value]) =>
        key.endsWith('_FILE') ? [key.slice(0, -5), secretFor(key.slice(0, -5))] : [key, value],
      ),
    );
  }

  describe('settings', () => {
    test.each([...SERVICES, 'ops'])('%s starts with those it gets, and has the time to stop', (name) => {
      const environment = environmentOf(name);
      const { SHUTDOWN_TIMEOUT_MS, DRAIN_MS = 0 } = settingsOf(name, environment);
      expect(environment['DATABASE_URL']).toMatch(`//herald_${name.replaceAll('-', '_')}@`);
      const graceMs = podOf(workload(name)).terminationGracePeriodSeconds * 1000;
      // A service gives up 2 s after its own deadline, which starts when it is drained.
      expect(graceMs).toBeGreaterThan(DRAIN_MS + SHUTDOWN_TIMEOUT_MS + 2000);
    });

    test('the gateway still accepts requests for a while after SIGTERM', () => {
      expect(settingsOf('gateway', environmentOf('gateway')).DRAIN_MS).toBe(5000);
    });

    test('each file of a secret is mounted', () => {
      for (const name of WORKLOADS) {
        const { volumes } = podOf(workload(name));
        const sources = volumes[0].projected.sources.map(({ secret }: any) => secret);
        const paths = sources.flatMap(({ items }: any) => items?.map(({ path }: any) => path) ?? []);
        expect([name, new Set(sources.map((each: any) => each.name)).size]).toEqual([name, sources.length]);
        expect(container(name).volumeMounts).toEqual([{ name: 'secrets', mountPath: '/run/secrets', readOnly: true }]);
        if (name !== 'migrate') continue;
        const read = container(name).env.flatMap(
          ({ value = '' }: any) => /^\/run\/secrets\/(.+)/.exec(value)?.[1] ?? [],
        );
        expect(paths.sort()).toEqual(read.sort());
      }
    });
  });

  describe('scaling', () => {
    test('of the gateway is by its processor', () => {
      expect(find('HorizontalPodAutoscaler', 'gateway')['spec']).toMatchObject({
        scaleTargetRef: { kind: 'Deployment', name: 'gateway' },
        minReplicas: 3,
        metrics: [{ resource: { name: 'cpu' } }],
      });
      expect(workload('gateway')['spec'].replicas).toBeUndefined();
    });

    test.each(WORKERS)('of %s is by the jobs that wait and by the age of the oldest', (name) => {
      const { scaleTargetRef, triggers, minReplicaCount } = find('ScaledObject', name)['spec'];
      expect([scaleTargetRef.name, minReplicaCount]).toEqual([name, 2]);
      const queries = triggers.map(({ metadata }: any) => metadata.query);
      expect(queries).toEqual([
        `max(herald_queue_jobs{queue="${name}",state="waiting"})`,
        `max(herald_queue_oldest_seconds{queue="${name}"})`,
      ]);
      expect(queries.flatMap((query: string) => faultsOf(query))).toEqual([]);
      expect(workload(name)['spec'].replicas).toBeUndefined();
    });

    test.each(SERVICES)('and upkeep leave %s pods that work', (name) => {
      const { maxUnavailable, selector } = find('PodDisruptionBudget', name)['spec'];
      expect(maxUnavailable).toBe(1);
      expect(selectedBy(selector)).toEqual([name]);
    });
  });

  /** The workloads whose pods a selector means. */
  function selectedBy({ matchLabels = {}, matchExpressions = [] }: any): string[] {
    return WORKLOADS.filter((name) => {
      const labels = workload(name)['spec'].template.metadata.labels;
      const equal = Object.entries(matchLabels).every(([key, value]) => labels[key] === value);
      return equal && matchExpressions.every(({ key, values }: any) => !values.includes(labels[key]));
    });
  }

  describe('the network', () => {
    const policies = () => ofKind('NetworkPolicy').map(({ spec }) => spec);
    const nameOf = ({ namespaceSelector, ipBlock }: any) =>
      ipBlock ? `outside ${ipBlock.cidr}` : namespaceSelector.matchLabels['kubernetes.io/metadata.name'];
    /** Lists the peers of a workload in one direction, as `namespace:port` or `outside network:port`. */
    const paths = (name: string, direction: 'ingress' | 'egress'): string[] =>
      policies()
        .filter(({ podSelector }) => selectedBy(podSelector).includes(name))
        .flatMap((spec) => spec[direction] ?? [])
        .flatMap(({ from, to, ports }: any): string[] =>
          (from ?? to).flatMap((peer: any) => ports.map(({ port }: any) => `${nameOf(peer)}:${port}`)),
        )
        .sort();

    test('is closed to all pods where nothing opens it', () => {
      const closed = policies().filter(({ ingress, egress }) => !ingress && !egress);
      expect(closed).toEqual([{ podSelector: {}, policyTypes: ['Ingress', 'Egress'] }]);
      for (const { policyTypes, ingress, egress } of policies()) {
        expect(policyTypes).toEqual(ingress ? ['Ingress'] : egress ? ['Egress'] : ['Ingress', 'Egress']);
      }
    });

    test.each<[string, string[], string[]]>([
      [
        'gateway',
        ['ingress-nginx:http', 'monitoring:metrics'],
        ['databases:5432', 'databases:6379', 'outside 0.0.0.0/0:443'],
      ],
      ...[...WORKERS, 'ops'].map((name): [string, string[], string[]] => [
        name,
        ['monitoring:metrics'],
        ['databases:5432', 'databases:6379'],
      ]),
      ['migrate', ['monitoring:metrics'], ['databases:5432']],
    ])('of %s', (name, from, to) => {
      expect(paths(name, 'ingress')).toEqual(from);
      expect(paths(name, 'egress')).toEqual([...to, 'kube-system:53', 'kube-system:53'].sort());
    });

    test('leads from services to pods, by ports that they have', () => {
      for (const { metadata, spec } of ofKind('Service')) {
        expect(selectedBy({ matchLabels: spec.selector })).toEqual([metadata.name]);
        const names = container(metadata.name).ports.map(({ name }: any) => name);
        expect(names).toContain(spec.ports[0].targetPort);
      }
    });
  });
});
