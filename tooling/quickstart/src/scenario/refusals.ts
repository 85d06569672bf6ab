import { check } from '../expect.ts';
import { servesVersion } from '../observe.ts';
import { appModelPath, type AppModelObject, type World } from '../world.ts';
import { baseInvalid, metadataFile, samplesFolder } from './samples.ts';
import type { Step } from './step.ts';

const badPaths = ['spec.type', 'spec.models[0]', 'spec.models[1]', 'spec.models[2]'];

function body(world: World): AppModelObject {
  return { ...baseInvalid, metadata: { ...baseInvalid.metadata, namespace: world.namespace } };
}

async function nothingStored(world: World): Promise<void> {
  const { status } = await world.kube.request('GET', appModelPath(world.namespace, 'base'));
  check(status === 404, `AppModel base is stored: status ${status}`);
}

export const refusals: readonly Step[] = [
  {
    name: 'an AppModel that does not fit is refused before it is sent, and every bad path is named',
    async run(world) {
      const result = await world.controllerCommand([
        'publish',
        `${samplesFolder}/base-invalid.yaml`,
        '--namespace',
        world.namespace,
        '--name',
        'base',
        '--metadata',
        metadataFile,
      ]);
      check(result.status !== 0, 'publish succeeded');
      const text = result.stdout + result.stderr;
      const missing = badPaths.filter((path) => !text.includes(path));
      check(missing.length === 0, `the message does not name ${missing.join(', ')}: ${text}`);
      await nothingStored(world);
    },
  },
  {
    name: 'sent anyway, create is answered 422 that names the models, with a warning for spec.type',
    async run(world) {
      const answer = await world.kube.request('POST', appModelPath(world.namespace), { body: body(world) });
      check(answer.status === 422, `status ${answer.status}: ${JSON.stringify(answer.json)}`);
      const causes = (answer.json['details'] as { causes?: { field: string }[] }).causes ?? [];
      check(
        badPaths.slice(1).every((path) => causes.some((cause) => cause.field === path)),
        `causes: ${JSON.stringify(causes)}`,
      );
      check(
        answer.warnings.some((warning) => warning.includes('unknown field "spec.type"')),
        `warnings: ${JSON.stringify(answer.warnings)}`,
      );
      await nothingStored(world);
    },
  },
  {
    name: 'sent anyway, strict create is answered 400',
    async run(world) {
      const answer = await world.kube.request('POST', `${appModelPath(world.namespace)}?fieldValidation=Strict`, { body: body(world) });
      check(answer.status === 400, `status ${answer.status}: ${JSON.stringify(answer.json)}`);
      check(String(answer.json['message']).includes('strict decoding error: unknown field "spec.type"'), String(answer.json['message']));
      await nothingStored(world);
    },
  },
  {
    name: 'sent anyway, server-side apply is answered 500 that it cannot make a typed patch object, and what was stored stays',
    async run(world) {
      const path = `${appModelPath(world.namespace, 'iiot')}?fieldManager=appmodels-manager&force=true`;
      const before = await world.kube.request('GET', appModelPath(world.namespace, 'iiot'));
      const answer = await world.kube.request('PATCH', path, {
        body: { ...body(world), metadata: { ...body(world).metadata, name: 'iiot' } },
        contentType: 'application/apply-patch+yaml',
      });
      check(answer.status === 500, `status ${answer.status}: ${JSON.stringify(answer.json)}`);
      check(String(answer.json['message']).startsWith('failed to create typed patch object'), String(answer.json['message']));
      const after = await world.kube.request('GET', appModelPath(world.namespace, 'iiot'));
      check(JSON.stringify(before.json) === JSON.stringify(after.json), 'AppModel iiot changed');
      await servesVersion(world, 'iiot_edge_project', '1');
    },
  },
  {
    name: 'a name that another app holds, and a missing --name, are refused',
    async run(world) {
      const clash: AppModelObject = {
        ...body(world),
        spec: { app: 'other', version: '1', models: [{ name: 'm', version: '1' }] },
        metadata: { name: 'iiot', namespace: world.namespace },
      };
      let refused = '';
      try {
        await world.publish(clash, { m: {} });
      } catch (error) {
        refused = (error as Error).message;
      }
      check(refused !== '', 'an AppModel of app other was published under the name of iiot');
      check(refused.includes('iiot'), `the refusal does not name iiot: ${refused}`);
      await servesVersion(world, 'iiot_edge_project', '1');
    },
  },
];
