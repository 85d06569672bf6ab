import { isDeepStrictEqual } from 'node:util';
import { check, eventually } from '../expect.ts';
import { everyResolver, servesVersion, shorten } from '../observe.ts';
import { appModelPath, appUrl, type World } from '../world.ts';
import { crdSample, metadata, metadataFile, redisKey, sample, samplesFolder } from './samples.ts';
import type { Step } from './step.ts';

interface Crd {
  spec: Record<string, unknown>;
  status: { conditions?: { type: string; status: string }[] };
}

async function crdIsInstalled(world: World): Promise<void> {
  await eventually('the CRD appmodels.iidp.com is Established', async () => {
    const { status, json } = await world.kube.request('GET', '/apis/apiextensions.k8s.io/v1/customresourcedefinitions/appmodels.iidp.com');
    if (status !== 200) return `status ${status}`;
    const crd = json as unknown as Crd;
    const established = crd.status.conditions?.some((condition) => condition.type === 'Established' && condition.status === 'True');
    return established ? undefined : 'not Established';
  });
  if (!world.faults) return; // Somebody's own cluster may have additions; the controller has compared it.
  const { json } = await world.kube.request('GET', '/apis/apiextensions.k8s.io/v1/customresourcedefinitions/appmodels.iidp.com');
  const crd = json as unknown as Crd;
  check(isDeepStrictEqual(crd.spec, crdSample.spec), `its spec differs from samples/appmodel-crd.yaml: ${JSON.stringify(crd.spec)}`);
}

async function publishByCommand(world: World, name: 'iiot' | 'newsdkapp'): Promise<void> {
  const args = ['publish', `${samplesFolder}/${name}.yaml`, '--namespace', world.namespace, '--metadata', metadataFile];
  const result = await world.controllerCommand(args);
  check(result.status === 0, `publish ${name} ended with status ${result.status}: ${result.stdout}${result.stderr}`);
  const { status, json } = await world.kube.request('GET', appModelPath(world.namespace, name));
  check(status === 200, `AppModel ${name} is not there after publish: status ${status}`);
  const meta = json['metadata'] as { labels?: Record<string, string>; managedFields?: { manager: string; operation: string }[] };
  check(meta.labels?.['iidp'] === 'iidp', `AppModel ${name} lacks the label iidp=iidp`);
  check(
    meta.managedFields?.some((entry) => entry.manager === 'appmodels-manager' && entry.operation === 'Apply') === true,
    `AppModel ${name} was not applied by the field manager appmodels-manager`,
  );
  const object = sample(name, world.namespace);
  for (const model of object.spec?.models ?? []) {
    const value = await world.redis.get(redisKey(object.spec?.app ?? '', model.name));
    check(value !== null, `no value of ${model.name} in Redis`);
    const envelope = JSON.parse(value) as { app?: string; model?: string; version?: string };
    check(
      envelope.app === object.spec?.app && envelope.model === model.name && envelope.version === model.version,
      `the envelope of ${model.name} names app ${envelope.app}, model ${envelope.model}, version ${envelope.version}`,
    );
  }
}

export const publishing: readonly Step[] = [
  { name: 'the controller installs the CRD and it is Established', run: crdIsInstalled },
  {
    name: 'iiot is published by the command: its values are in Redis, the AppModel is applied',
    run: (world) => publishByCommand(world, 'iiot'),
  },
  { name: 'newsdkapp is published by the command', run: (world) => publishByCommand(world, 'newsdkapp') },
  {
    name: 'every resolver answers for each model with app, version, metadata and freshness',
    async run(world) {
      for (const name of ['iiot', 'newsdkapp'] as const) {
        const object = sample(name, world.namespace);
        for (const model of object.spec?.models ?? []) {
          await everyResolver(world, model.name, 'is served with its metadata', (answer) => {
            const wanted = {
              namespace: world.namespace,
              app: object.spec?.app,
              appVersion: object.spec?.version,
              model: model.name,
              version: model.version,
              state: 'current',
            };
            for (const [key, value] of Object.entries(wanted)) {
              const seen = (answer as unknown as Record<string, unknown>)[key];
              if (seen !== value) return `${key} is ${JSON.stringify(seen)}, not ${JSON.stringify(value)}`;
            }
            if (!isDeepStrictEqual(answer.metadata, metadata[model.name])) return `metadata is ${JSON.stringify(answer.metadata)}`;
            return /^\d+$/.test(answer.freshness.resourceVersion) && answer.freshness.ageMs >= 0
              ? undefined
              : `freshness is ${JSON.stringify(answer.freshness)}`;
          });
        }
      }
    },
  },
  {
    name: 'every resolver answers for the app with its version and models',
    async run(world) {
      await Promise.all(
        world.resolvers.map((resolver) =>
          eventually(`${resolver.name}: app iiot`, async () => {
            const answer = await world.http(appUrl(resolver, world.namespace, 'iiot'));
            if (answer.status !== 200) return shorten(answer);
            const app = answer.json as { app: string; appVersion: string; models: { model: string; version: string }[] };
            const models = app.models
              .map((model) => `${model.model}@${model.version}`)
              .sort()
              .join(' ');
            return app.app === 'iiot' && app.appVersion === '1' && models === 'iiot_data_query@1 iiot_dataservice@1 iiot_edge_project@1'
              ? undefined
              : shorten(answer);
          }),
        ),
      );
    },
  },
  {
    name: 'publishing the same again changes nothing',
    async run(world) {
      const before = await world.kube.request('GET', appModelPath(world.namespace, 'iiot'));
      await world.publish(sample('iiot', world.namespace), metadata);
      const after = await world.kube.request('GET', appModelPath(world.namespace, 'iiot'));
      const version = (answer: typeof before): unknown => (answer.json['metadata'] as { resourceVersion?: string }).resourceVersion;
      check(version(before) === version(after), 'the AppModel was written again');
      await servesVersion(world, 'iiot_dataservice', '1');
    },
  },
];
