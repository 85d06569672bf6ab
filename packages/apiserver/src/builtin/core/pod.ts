import { isObject, labelProblems, requiredError, type FieldError } from '@kubecast/crd';
import type { KubeObject, ServedResource } from '../../served-resource.ts';
import { ageColumn, at, builtinResource, column, listAt, nameColumn, textAt } from '../builtin-resource.ts';

export const podResource: ServedResource = builtinResource({
  kind: 'Pod',
  plural: 'pods',
  shortNames: ['po'],
  categories: ['all'],
  status: true,
  generation: true,
  type: 'io.k8s.api.core.v1.Pod',
  columns: [
    nameColumn,
    column(
      'Ready',
      (object) =>
        `${listAt(object, 'status', 'containerStatuses').filter((one) => one['ready'] === true).length}/${listAt(object, 'spec', 'containers').length}`,
    ),
    column('Status', (object) =>
      textAt(object, 'metadata', 'deletionTimestamp') === ''
        ? textAt(object, 'status', 'reason') || textAt(object, 'status', 'phase')
        : 'Terminating',
    ),
    column('Restarts', (object) =>
      String(listAt(object, 'status', 'containerStatuses').reduce((sum, one) => sum + Number(one['restartCount'] ?? 0), 0)),
    ),
    ageColumn,
    column('IP', (object) => textAt(object, 'status', 'podIP') || '<none>', 1),
    column('Node', (object) => textAt(object, 'spec', 'nodeName') || '<none>', 1),
    column('Nominated Node', () => '<none>', 1),
    column('Readiness Gates', () => '<none>', 1),
  ],
  behaviour: {
    deleteAnswer: 'object',
    warnings: (object) => hostnameWarnings(object, "the Pod's hostname"),
    prepare,
    validate,
    unowned,
    fields: {
      'spec.nodeName': (object) => textAt(object, 'spec', 'nodeName'),
      'status.phase': (object) => textAt(object, 'status', 'phase'),
      'status.podIP': (object) => textAt(object, 'status', 'podIP'),
      'spec.serviceAccountName': (object) => textAt(object, 'spec', 'serviceAccountName'),
      'spec.restartPolicy': (object) => textAt(object, 'spec', 'restartPolicy'),
      'spec.schedulerName': (object) => textAt(object, 'spec', 'schedulerName'),
    },
  },
});

/** What the server fills into the pod template of a workload as well. */
export function preparePodSpec(spec: KubeObject): void {
  spec['restartPolicy'] ??= 'Always';
  spec['terminationGracePeriodSeconds'] ??= 30;
  spec['dnsPolicy'] ??= 'ClusterFirst';
  spec['securityContext'] ??= {};
  spec['schedulerName'] ??= 'default-scheduler';
  if (typeof spec['serviceAccountName'] === 'string') spec['serviceAccount'] ??= spec['serviceAccountName'];
  for (const one of [...listAt(spec, 'containers'), ...listAt(spec, 'initContainers')]) {
    one['resources'] ??= {};
    one['terminationMessagePath'] ??= '/dev/termination-log';
    one['terminationMessagePolicy'] ??= 'File';
    const image = textAt(one, 'image');
    one['imagePullPolicy'] ??= /:(?!latest$)[^/]+$/.test(image) ? 'IfNotPresent' : 'Always';
    for (const port of listAt(one, 'ports')) port['protocol'] ??= 'TCP';
  }
}

/** A name with dots is taken, and makes hostnames that surprise. */
function hostnameWarnings(object: KubeObject, where: string): readonly string[] {
  const problems = labelProblems(textAt(object, 'metadata', 'name'));
  if (problems.length === 0) return [];
  return [
    `metadata.name: this is used in ${where}, which can result in surprising behavior; a DNS label is recommended: [${problems.join(' ')}]`,
  ];
}

function prepare(object: KubeObject, old: KubeObject | undefined): void {
  const spec = isObject(object['spec']) ? object['spec'] : {};
  object['spec'] = spec;
  preparePodSpec(spec);
  spec['enableServiceLinks'] ??= true;
  spec['priority'] ??= 0;
  spec['preemptionPolicy'] ??= 'PreemptLowerPriority';
  if (old === undefined) tolerateLostNodes(spec);
  if (old === undefined) object['status'] = { phase: 'Pending', qosClass: 'BestEffort' };
}

/** For five minutes a Pod stays on a node that is lost, unless it says itself for how long. */
function tolerateLostNodes(spec: KubeObject): void {
  const given = listAt(spec, 'tolerations');
  const missing = ['not-ready', 'unreachable']
    .map((taint) => `node.kubernetes.io/${taint}`)
    .filter((taint) => !given.some((one) => ['', taint].includes(textAt(one, 'key')) && ['', 'NoExecute'].includes(textAt(one, 'effect'))));
  if (missing.length === 0) return;
  spec['tolerations'] = [...given, ...missing.map((key) => ({ key, operator: 'Exists', effect: 'NoExecute', tolerationSeconds: 300 }))];
}

/** What admission sets after the fields of a create were booked; the list of containers is there from the start, as null. */
function unowned(object: KubeObject): KubeObject {
  const spec = isObject(object['spec']) ? object['spec'] : {};
  const admitted = ['tolerations', 'priority', 'preemptionPolicy'].filter((name) => Object.hasOwn(spec, name));
  return { spec: { containers: null, ...Object.fromEntries(admitted.map((name) => [name, spec[name]])) } };
}

function validate(object: KubeObject): readonly FieldError[] {
  const containers = listAt(object, 'spec', 'containers');
  if (containers.length === 0) return [requiredError('spec.containers')];
  return containers.flatMap((one, index) => [
    ...(textAt(one, 'name') === '' ? [requiredError(`spec.containers[${index}].name`)] : []),
    ...(textAt(one, 'image') === '' ? [requiredError(`spec.containers[${index}].image`)] : []),
  ]);
}

/** Stored and defaulted; nothing here makes pods of it. */
export const deploymentResource: ServedResource = builtinResource({
  group: 'apps',
  kind: 'Deployment',
  plural: 'deployments',
  shortNames: ['deploy'],
  categories: ['all'],
  status: true,
  generation: true,
  type: 'io.k8s.api.apps.v1.Deployment',
  scale: { specReplicasPath: '.spec.replicas', statusReplicasPath: '.status.replicas' },
  columns: [
    nameColumn,
    column('Ready', (object) => `${textAt(object, 'status', 'readyReplicas') || '0'}/${textAt(object, 'spec', 'replicas')}`),
    column('Up-to-date', (object) => Number(textAt(object, 'status', 'updatedReplicas'))),
    column('Available', (object) => Number(textAt(object, 'status', 'availableReplicas'))),
    ageColumn,
    column(
      'Containers',
      (object) =>
        listAt(object, 'spec', 'template', 'spec', 'containers')
          .map((one) => textAt(one, 'name'))
          .join(','),
      1,
    ),
    column(
      'Images',
      (object) =>
        listAt(object, 'spec', 'template', 'spec', 'containers')
          .map((one) => textAt(one, 'image'))
          .join(','),
      1,
    ),
    column(
      'Selector',
      (object) =>
        Object.entries((at(object, 'spec', 'selector', 'matchLabels') ?? {}) as Record<string, string>)
          .map(([key, value]) => `${key}=${value}`)
          .sort()
          .join(','),
      1,
    ),
  ],
  behaviour: {
    metadata: { update: ['update'] },
    warnings: (object) => hostnameWarnings(object, 'Pod names and hostnames'),
    unowned: () => ({ spec: { selector: null, strategy: {}, template: { metadata: {}, spec: { containers: null } } } }),
    prepare(object, old) {
      const spec = isObject(object['spec']) ? object['spec'] : {};
      object['spec'] = spec;
      spec['replicas'] ??= 1;
      spec['strategy'] ??= { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: '25%', maxSurge: '25%' } };
      spec['revisionHistoryLimit'] ??= 10;
      spec['progressDeadlineSeconds'] ??= 600;
      const template = spec['template'];
      if (isObject(template) && isObject(template['spec'])) preparePodSpec(template['spec']);
      if (old === undefined) object['status'] = {};
    },
  },
});
