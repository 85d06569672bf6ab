import type { WriteReceipt } from '@kubecast/client';
import type { AppModel, AppModelApply } from '@kubecast/crd';
import type { AppModelApi } from './publisher.ts';

/** What is used of a resource; `client.resource(appModel)` of `@kubecast/client` is one. */
export interface AppModelResource {
  find(name: string, options: { readonly namespace: string; readonly signal?: AbortSignal }): Promise<AppModel | undefined>;
  apply(
    object: AppModelApply,
    options: {
      readonly namespace: string;
      readonly fieldManager: string;
      readonly force: boolean;
      readonly dryRun: boolean;
      readonly signal?: AbortSignal;
    },
  ): Promise<{ readonly object: AppModel; readonly receipt: WriteReceipt }>;
}

/** The cluster's side of a publisher, by `client.resource(appModel)`. */
export function appModelApi(appModels: AppModelResource): AppModelApi {
  return {
    get: (namespace, name, signal) => appModels.find(name, { namespace, ...(signal === undefined ? {} : { signal }) }),
    async apply(object, { fieldManager, force, dryRun, signal }) {
      const { namespace = 'default' } = object.metadata;
      const written = await appModels.apply(object, {
        namespace,
        fieldManager,
        force,
        dryRun,
        ...(signal === undefined ? {} : { signal }),
      });
      return { object: written.object, receipt: written.receipt };
    },
  };
}
