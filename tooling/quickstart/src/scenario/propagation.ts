import { check } from '../expect.ts';
import { servesVersion } from '../observe.ts';
import { appModelPath, type World } from '../world.ts';
import { metadata, sample, withVersions } from './samples.ts';

/**
 * Changes one model's version again and again, one at a time, and measures each from the answer of the apply to the last resolver's
 * answer over HTTP with the new version. The value stands in Redis before the apply, as the publisher writes it.
 */
export async function measurePropagation(world: World, changes: number, onChange: (ms: number, done: number) => void): Promise<number[]> {
  const samples: number[] = [];
  for (let i = 1; i <= changes; i += 1) {
    const version = `p-${i}`;
    const next = withVersions(sample('iiot', world.namespace), `p-${i}`, { iiot_dataservice: version });
    await world.publishValues(next, { ...metadata, iiot_dataservice: { change: i } });
    const { status } = await world.kube.request(
      'PATCH',
      `${appModelPath(world.namespace, 'iiot')}?fieldManager=appmodels-manager&force=true`,
      {
        body: next,
        contentType: 'application/apply-patch+yaml',
      },
    );
    check(status === 200, `change ${i}: apply was answered ${status}`);
    const ms = await servesVersion(world, 'iiot_dataservice', version);
    samples.push(ms);
    onChange(ms, i);
  }
  return samples;
}
