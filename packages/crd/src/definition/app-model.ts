import { defineResource, type ResourceDefinition } from './define-resource.ts';
import { array, object, optional, string } from './field.ts';
import type { KubernetesObject, ObjectMeta } from '../schema/object-meta.ts';

/** A model and the version of it that is announced. Versions are opaque: compared for equality only. */
export interface AnnouncedModel {
  name: string;
  version: string;
}

/** spec of an AppModel. The CRD requires none of it. */
export interface AppModelSpec {
  app?: string;
  version?: string;
  models?: AnnouncedModel[];
}

/** Announces which models of an app exist, in which versions. */
export interface AppModel extends KubernetesObject {
  spec?: AppModelSpec;
}

/** What server-side apply of an AppModel takes. `models` is an atomic list. */
export interface AppModelApply {
  apiVersion: string;
  kind: string;
  metadata: ObjectMeta & { name: string };
  spec?: AppModelSpec;
}

/** AppModel (iidp.com/v1). Its types are written out for readers of declarations; a test holds them equal to the definition's. */
export const appModel: ResourceDefinition<AppModel, AppModelApply> = defineResource({
  group: 'iidp.com',
  version: 'v1',
  kind: 'AppModel',
  plural: 'appmodels',
  shortNames: ['am'],
  scope: 'Namespaced',
  spec: optional(
    object({
      app: optional(string({ description: 'App name of the model' })),
      models: optional(
        array(
          object({
            name: string({ description: 'Model identifier' }),
            version: string({ description: 'version of model' }),
          }),
          { description: 'Model list of the iidp-model', minItems: 1 },
        ),
      ),
      version: optional(string({ description: 'Version of app' })),
    }),
  ),
});
