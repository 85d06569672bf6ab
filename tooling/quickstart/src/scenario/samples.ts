import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import type { AppModelObject, Metadata } from '../world.ts';

export const samplesFolder: string = join(import.meta.dirname, '../../../../samples');

const read = (name: string): unknown => parse(readFileSync(join(samplesFolder, name), 'utf8'));

export const crdSample = read('appmodel-crd.yaml') as { spec: Record<string, unknown> };
export const baseInvalid = read('base-invalid.yaml') as AppModelObject;
export const metadataFile: string = join(samplesFolder, 'metadata.json');
export const metadata = JSON.parse(readFileSync(metadataFile, 'utf8')) as Metadata;

/** A sample in the namespace of this run. */
export function sample(name: 'iiot' | 'newsdkapp', namespace: string): AppModelObject {
  const object = read(`${name}.yaml`) as AppModelObject;
  return { ...object, metadata: { ...object.metadata, namespace } };
}

/** The same AppModel with other versions: of the app, and of the models that are named. */
export function withVersions(object: AppModelObject, app: string, models: Readonly<Record<string, string>>): AppModelObject {
  const spec = object.spec ?? {};
  return {
    ...object,
    spec: {
      ...spec,
      version: app,
      models: (spec.models ?? []).map((model) => ({ ...model, version: models[model.name] ?? model.version })),
    },
  };
}

/** The key under which the default template `{app}_{model}` keeps a model's value. */
export const redisKey = (app: string, model: string): string => `${app}_${model}`;
