import { isApplyConflict, isConflict, isStatusError, type WriteReceipt } from '@kubecast/client';
import type { AppModel, AppModelApply } from '@kubecast/crd';
import { AppModelChangedError } from './publish-errors.ts';
import type { AppModelApi } from './publisher.ts';

/** The resourceVersion of nothing: an object that stands there has another, and one that does not is created whatever it says. */
const NOTHING = '1';

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
    async apply(object, { fieldManager, force, dryRun, signal, expected }) {
      const { namespace = 'default' } = object.metadata;
      const bound = expected === undefined ? {} : expected === 'absent' ? { resourceVersion: NOTHING } : expected;
      try {
        const written = await appModels.apply(
          { ...object, metadata: { ...object.metadata, ...bound } },
          { namespace, fieldManager, force, dryRun, ...(signal === undefined ? {} : { signal }) },
        );
        return { object: written.object, receipt: written.receipt };
      } catch (error) {
        if (expected !== undefined && isChanged(error)) throw new AppModelChangedError(error.message, { cause: error });
        throw error;
      }
    },
  };
}

/** Another resourceVersion, or another object of that name: some servers call the latter a field that cannot change. */
function isChanged(error: unknown): error is Error {
  if (isConflict(error)) return !isApplyConflict(error);
  return isStatusError(error) && error.statusCode === 422 && /metadata\.(?:uid|resourceVersion): /u.test(error.serverMessage);
}
