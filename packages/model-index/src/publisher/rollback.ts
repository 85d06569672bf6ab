import type { AppModel } from '@kubecast/crd';
import type { RetainedVersion, ValuePublisher } from '@kubecast/redis-loader';
import { PublishRefusedError } from './publish-errors.ts';
import { announcedModels } from './publisher-plan.ts';
import type { Rollback } from './publisher.ts';

/**
 * The announced object with the versions that it goes back to: the named ones, else for each model the one that was published before. @throws
 * PublishRefusedError, RedisFailedError
 */
export async function planRollback(
  existing: AppModel | undefined,
  to: Rollback & { readonly namespace: string },
  values: Pick<ValuePublisher, 'look'>,
  signal: AbortSignal | undefined,
): Promise<AppModel> {
  const subject = `AppModel ${to.namespace}/${to.name}`;
  const refuse = (message: string): PublishRefusedError => new PublishRefusedError('NotRetained', `${subject}: ${message}`);
  const app = existing?.spec?.app ?? '';
  if (existing === undefined || app === '') throw refuse('nothing is announced under this name, so there is nothing to go back from');
  const announced = announcedModels(existing);
  const named = to.models === undefined ? undefined : new Map(to.models instanceof Map ? to.models : Object.entries(to.models));
  for (const model of named?.keys() ?? [])
    if (!announced.has(model)) throw refuse(`it does not announce the model ${JSON.stringify(model)}; publish it`);
  const versions = new Map<string, string>();
  await Promise.all(
    [...(named ?? announced)].map(async ([model, version]) => {
      const owner = { namespace: to.namespace, app, model };
      const look = await values.look({ ...owner, version, ...(signal === undefined ? {} : { signal }) });
      if (named === undefined) {
        const before = versionBefore(look.versions, version);
        if (before !== undefined) versions.set(model, before);
        return;
      }
      if (look.current.envelope?.version !== version && look.retained.envelope === undefined)
        throw refuse(`version ${JSON.stringify(version)} of the model ${JSON.stringify(model)} is not kept in Redis${kept(look.versions)}`);
      versions.set(model, version);
    }),
  );
  if (named === undefined && versions.size === 0)
    throw refuse('Redis keeps no earlier version of any of its models; publish one with its metadata');
  const models = (existing.spec?.models ?? []).map((model) => ({ ...model, version: versions.get(model.name) ?? model.version }));
  return {
    ...existing,
    spec: { ...existing.spec, app, ...(to.version === undefined ? {} : { version: to.version }), models } as AppModel['spec'] & object,
  };
}

/** What was published last before a version. */
function versionBefore(versions: readonly RetainedVersion[], announced: string): string | undefined {
  const at = versions.findIndex(({ version }) => version === announced);
  return at < 0 ? versions.at(-1)?.version : versions[at - 1]?.version;
}

function kept(versions: readonly RetainedVersion[]): string {
  return versions.length === 0 ? '' : ` (kept are ${versions.map(({ version }) => JSON.stringify(version)).join(', ')})`;
}
