/** One way from an object of unknown shape to a typed one, over and over. */
import 'reflect-metadata';
import { viewAs } from '@kubecast/client/objects';
import { appModel, type AppModel } from '@kubecast/crd';
import { plainToInstance, Type } from 'class-transformer';
import { appModel as seed } from '../app-models.ts';
import { observeCollections } from '../maps/collections.ts';
import { settle } from '../sync/measure.ts';

class Model {
  name!: string;
  version!: string;
}
class Spec {
  app!: string;
  version!: string;
  models!: Model[];
}
class AppModelClass {
  apiVersion!: string;
  kind!: string;
  metadata!: Record<string, unknown>;
  spec!: Spec;
}
// As decorators do it, which this source has none of.
Type(() => Model)(Spec.prototype, 'models');
Type(() => Spec)(AppModelClass.prototype, 'spec');

const ways: Readonly<Record<string, (object: unknown) => AppModel | undefined>> = {
  kubecast: (object) => {
    const viewed = viewAs(appModel, object);
    return viewed.ok ? viewed.value : undefined;
  },
  json: (object) => JSON.parse(JSON.stringify(object)) as AppModel,
  'class-transformer': (object) => plainToInstance(AppModelClass, object) as unknown as AppModel,
};
const [how = ''] = process.argv.slice(2);
const convert = ways[how];
if (!convert) throw new Error(`there is no way ${how}`);
const objects = Array.from({ length: 1_000 }, (_, i) => {
  const object = seed(i) as { metadata: Record<string, unknown> };
  object.metadata['resourceVersion'] = String(i + 1);
  return object;
});
const rounds = Math.max(2, Math.floor(Number(process.env['BENCH_OBJECTS']) / objects.length));
let models = 0;
const round = (): void => {
  for (const object of objects) models += convert(object)?.spec?.models?.length ?? 0;
};
for (let i = 0; i < 10; i += 1) round();
models = 0;
const collections = observeCollections();
const cpu = process.cpuUsage();
for (let i = 0; i < rounds; i += 1) round();
const { user, system } = process.cpuUsage(cpu);
// What was made is used, or it would not be made.
if (models !== rounds * objects.length * 10) throw new Error(`${how} gave ${models} models`);
const converted = rounds * objects.length;
const { count, totalMs } = await collections.end();
console.log(
  JSON.stringify({
    microsPerObject: (user + system) / converted,
    collectionsPerThousand: (1000 * count) / converted,
    collectionMsPerThousand: (1000 * totalMs) / converted,
  }),
);
await settle();
