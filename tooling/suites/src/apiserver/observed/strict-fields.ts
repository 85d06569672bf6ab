import {
  applyPatch,
  configMaps,
  get,
  jsonPatch,
  leases,
  named,
  patch,
  post,
  put,
  services,
  strategicPatch,
  type Observation,
  type ObservedRequest,
} from './observation.ts';

const pods = '/api/v1/namespaces/NS/pods';
const deployments = '/apis/apps/v1/namespaces/NS/deployments';
const roles = '/apis/rbac.authorization.k8s.io/v1/namespaces/NS/roles';
const slices = '/apis/discovery.k8s.io/v1/namespaces/NS/endpointslices';

const strict = (path: string): string => `${path}?fieldValidation=Strict`;

const container = (more: object = {}): object => ({ name: 'c', image: 'i:1', ...more });
const pod = (name: string, spec: object = {}, ...containers: object[]): object =>
  named(name, { spec: { containers: containers.length > 0 ? containers : [container()], ...spec } });

const template = (more: object = {}): object => ({ metadata: { labels: { a: 'b' } }, spec: { containers: [container()], ...more } });
const deployment = (name: string, spec: object = {}, inPod: object = {}): object =>
  named(name, { spec: { selector: { matchLabels: { a: 'b' } }, template: template(inPod), ...spec } });

const probe = {
  httpGet: { path: '/', port: 'http', scheme: 'HTTP' },
  periodSeconds: 5,
  timeoutSeconds: 1,
  successThreshold: 1,
  failureThreshold: 3,
};

/** Every field of these is given, so that no default is filled in. */
const wholeVolumes = [
  { name: 'e', emptyDir: {} },
  { name: 'c', configMap: { name: 'x', items: [{ key: 'a', path: 'b' }], defaultMode: 420 } },
  { name: 's', secret: { secretName: 'x', defaultMode: 420 } },
];

const applied = (path: string, manager: string, body: object): ObservedRequest =>
  patch(`${path}?fieldManager=${manager}`, body, applyPatch);

/** Fields of built-in kinds that nobody declared, in each way in which they can be sent, and the lists that merge. */
export const strictFields: readonly Observation[] = [
  {
    says: 'an unknown field of a built-in kind is refused where validation is strict, at any depth',
    requests: [
      post(strict(pods), pod('a', { colour: 'red' })),
      post(strict(pods), pod('a', {}, container({ colour: 'red', livenessProbe: { colour: 1 } }))),
      post(strict(pods), pod('a', { affinity: { nodeAffinity: { colour: 1 } }, volumes: [{ name: 'v', emptyDir: { colour: 1 } }] })),
      post(
        strict(deployments),
        deployment('a', { strategy: { rollingUpdate: { colour: 1 } } }, { containers: [container({ resources: { colour: 1 } })] }),
      ),
      post(
        strict(services),
        named('a', { spec: { ports: [{ port: 80, colour: 1 }], sessionAffinityConfig: { clientIP: { colour: 1 } } } }),
      ),
      post(strict(configMaps), named('a', { colour: 1, Data: {} })),
      post(strict(leases), named('a', { spec: { colour: 1 } })),
      post(strict(roles), named('a', { rules: [{ verbs: ['get'], resources: ['pods'], apiGroups: [''], colour: 1 }] })),
      post(strict(slices), named('a', { addressType: 'IPv4', endpoints: [{ addresses: ['10.1.2.3'], conditions: { colour: true } }] })),
    ],
  },
  {
    says: 'an unknown field of a built-in kind brings a warning where validation warns, and is not stored',
    requests: [
      post(pods, pod('a', { colour: 'red' }, container({ colour: 'red' }))),
      get(`${pods}/a`),
      post(`${configMaps}?fieldValidation=Ignore`, named('a', { colour: 1 })),
    ],
  },
  {
    says: 'an unknown field in an update or a patch of a built-in kind is refused where validation is strict',
    requests: [
      post(configMaps, named('a', { data: { a: 'b' } })),
      put(strict(`${configMaps}/a`), named('a', { data: { a: 'b' }, colour: 1 })),
      patch(strict(`${configMaps}/a`), { colour: 1 }),
      patch(strict(`${configMaps}/a`), { colour: 1 }, strategicPatch),
      patch(`${configMaps}/a`, { colour: 1 }, strategicPatch),
      patch(strict(`${configMaps}/a`), [{ op: 'add', path: '/colour', value: 1 }], jsonPatch),
      patch(strict(`${configMaps}/a`), { z: { a: [1, 'b', true, 1.5], c: {} }, data: { c: 'd', b: null }, colour: 'x' }, strategicPatch),
    ],
  },
  {
    says: 'server-side apply of a built-in kind refuses what its types do not declare [S4]',
    requests: [
      applied(`${configMaps}/a`, 'm', { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'a' }, colour: 1 }),
      applied(`${pods}/a`, 'm', { apiVersion: 'v1', kind: 'Pod', ...pod('a', {}, container({ livenessProbe: { colour: 1 } })) }),
      applied(`${pods}/a`, 'm', { apiVersion: 'v1', kind: 'Pod', ...pod('a', {}, container({ tty: 'yes' })) }),
      applied(`${pods}/a`, 'm', { apiVersion: 'v1', kind: 'Pod', ...pod('a', {}, container(), container()) }),
    ],
  },
  {
    says: 'server-side apply owns items of lists that merge by their keys, and atomic ones as a whole [S2]',
    requests: [
      applied(`${pods}/a`, 'm', {
        apiVersion: 'v1',
        kind: 'Pod',
        ...pod(
          'a',
          { volumes: wholeVolumes, hostAliases: [{ ip: '10.1.2.3', hostnames: ['a'] }], tolerations: [{ key: 'x', operator: 'Exists' }] },
          container({
            livenessProbe: probe,
            env: [{ name: 'A', value: 'b' }],
            volumeMounts: [{ name: 'e', mountPath: '/e' }],
            args: ['a', 'b'],
          }),
        ),
      }),
      applied(`${deployments}/a`, 'm', { apiVersion: 'apps/v1', kind: 'Deployment', ...deployment('a', { replicas: 2 }) }),
      applied(`${deployments}/a`, 'other', { apiVersion: 'apps/v1', kind: 'Deployment', ...deployment('a', { replicas: 3 }) }),
    ],
  },
  {
    says: 'a strategic patch merges containers, variables and volumes by their names, and replaces atomic lists [P4]',
    requests: [
      post(deployments, deployment('a', {}, { volumes: wholeVolumes })),
      patch(
        `${deployments}/a`,
        { spec: { template: { spec: { containers: [{ name: 'c', env: [{ name: 'A', value: 'b' }] }, container({ name: 'd' })] } } } },
        strategicPatch,
      ),
      patch(
        `${deployments}/a`,
        { spec: { template: { spec: { containers: [{ name: 'c', env: [{ name: 'B', value: 'c' }], args: ['x'] }] } } } },
        strategicPatch,
      ),
      patch(
        `${deployments}/a`,
        { spec: { template: { spec: { volumes: [{ name: 'e', $patch: 'delete' }], containers: [{ name: 'd', $patch: 'delete' }] } } } },
        strategicPatch,
      ),
      patch(`${deployments}/a`, { spec: { strategy: { $retainKeys: ['type'], type: 'Recreate' } } }, strategicPatch),
    ],
  },
];
