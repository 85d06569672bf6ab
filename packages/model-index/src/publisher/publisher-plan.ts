import { appModel, checkObject, type AppModel, type AppModelApply } from '@kubecast/crd';
import { PublishRefusedError } from './publish-errors.ts';

/** One model to announce. */
export interface PlannedModel {
  readonly name: string;
  readonly version: string;
}

/** What is to be published, checked and in the form that is applied. */
export interface PublishPlan {
  readonly namespace: string;
  readonly name: string;
  readonly app: string;
  readonly models: readonly PlannedModel[];
  /** Holds only what a publisher says: identity, labels, annotations, spec. */
  readonly object: AppModelApply;
}

export interface PlanOptions {
  /** Used where the object names none. */
  readonly namespace: string;
  /** Instead of metadata.name, which must else be the lower-cased app. */
  readonly name?: string | undefined;
  /** Put on the object besides its own. */
  readonly labels: Readonly<Record<string, string>>;
}

/**
 * Checks an AppModel as far as that can be done without asking anybody.
 *
 * @throws ValidationError, which names each bad path; PublishRefusedError
 */
export function planPublish(given: AppModel | AppModelApply, options: PlanOptions): PublishPlan {
  const object = applied(given, options);
  checkObject(appModel, object);
  const { app = '', models = [] } = object.spec ?? {};
  const { name, namespace = '' } = object.metadata;
  if (app === '') throw new PublishRefusedError('BadName', `AppModel ${JSON.stringify(name)} has no spec.app: nothing would be announced`);
  if (options.name === undefined && name !== app.toLowerCase()) {
    throw new PublishRefusedError(
      'NameNeeded',
      `the name ${JSON.stringify(name)} is not the app ${JSON.stringify(app)} in lower case; give the name (--name ${name}) if that is meant`,
    );
  }
  const bad = badModels(models);
  if (bad !== '') throw new PublishRefusedError('BadModels', `AppModel ${namespace}/${name}: ${bad}`);
  return { namespace, name, app, models: models.map((model) => ({ name: model.name, version: model.version })), object };
}

function applied(given: AppModel | AppModelApply, { namespace, name, labels }: PlanOptions): AppModelApply {
  if (typeof (given as unknown) !== 'object' || (given as unknown) === null || Array.isArray(given))
    throw new TypeError('publishAppModel takes an AppModel, an object with metadata and spec');
  const { apiVersion, kind, metadata, ...rest } = given as Partial<AppModelApply>;
  const own: Partial<AppModelApply['metadata']> = metadata ?? {};
  const app = given.spec?.app;
  const chosen = name ?? own.name ?? (typeof app === 'string' ? app.toLowerCase() : '');
  const { status: _, ...said } = rest as typeof rest & { status?: unknown };
  return {
    apiVersion: apiVersion ?? `${appModel.group}/${appModel.version}`,
    kind: kind ?? appModel.kind,
    metadata: {
      name: chosen,
      namespace: own.namespace ?? namespace,
      labels: { ...own.labels, ...labels },
      ...(own.annotations === undefined ? {} : { annotations: own.annotations }),
    },
    ...said,
  };
}

function badModels(models: readonly PlannedModel[]): string {
  const seen = new Map<string, number>();
  for (const [index, { name, version }] of models.entries()) {
    if (name === '') return `spec.models[${index}].name is empty`;
    if (version === '') return `spec.models[${index}].version of ${JSON.stringify(name)} is empty`;
    const first = seen.get(name);
    if (first !== undefined) return `spec.models[${index}] lists ${JSON.stringify(name)} again, as spec.models[${first}] does`;
    seen.set(name, index);
  }
  return '';
}

/** What stands in the cluster under the name of a plan. @throws PublishRefusedError */
export function checkExisting(plan: PublishPlan, existing: AppModel | undefined): void {
  if (existing === undefined) return;
  const subject = `AppModel ${plan.namespace}/${plan.name}`;
  if (existing.metadata.deletionTimestamp != null) {
    const finalizers = existing.metadata.finalizers ?? [];
    throw new PublishRefusedError(
      'Terminating',
      `${subject} is being deleted${finalizers.length === 0 ? '' : ` and waits for ${finalizers.join(', ')}`}; publish again when it is gone`,
    );
  }
  const holder = existing.spec?.app;
  if (holder !== undefined && holder !== '' && holder !== plan.app) {
    throw new PublishRefusedError(
      'NameTaken',
      `${subject} holds the app ${JSON.stringify(holder)}; the app ${JSON.stringify(plan.app)} needs another name`,
    );
  }
}

/** Model to version, as an AppModel announces them. */
export function announcedModels(object: AppModel | AppModelApply | undefined): ReadonlyMap<string, string> {
  return new Map((object?.spec?.models ?? []).map(({ name, version }) => [name, version]));
}

/** All that an AppModel announces, as one text to compare. */
export function announcementOf(object: AppModel | AppModelApply | undefined): string {
  if (object === undefined) return '';
  const { app, version, models = [] } = object.spec ?? {};
  return JSON.stringify([app, version, models.map((model) => [model.name, model.version])]);
}
