import { isAlreadyExists, isForbidden, isNotFound, isStatusError, type KubernetesClient } from '@kubecast/client';
import {
  appModel,
  compareCrd,
  customResourceDefinitionType,
  toManifest,
  type CustomResourceDefinition,
  type KubernetesObject,
} from '@kubecast/crd';
import { isConditionTrue, findCondition } from '@kubecast/runtime';
import { Backoff, type Clock } from '@kubecast/clock';
import { CrdConflictError, CrdMissingError, messageOf } from '../errors.ts';
import type { Log } from '../log.ts';

/** The requests to the API server that the installation needs. */
export interface CrdApi {
  /** The CRD; undefined if there is none. */
  find(name: string, signal: AbortSignal): Promise<CustomResourceDefinition | undefined>;
  create(manifest: CustomResourceDefinition, signal: AbortSignal): Promise<void>;
  /** Whether AppModels are served; asked by accounts that may not read CRDs. */
  serves(signal: AbortSignal): Promise<boolean>;
}

export function crdApi(client: KubernetesClient): CrdApi {
  const crds = client.resource<typeof customResourceDefinitionType, CustomResourceDefinition & KubernetesObject>(
    customResourceDefinitionType,
  );
  return {
    find: (name, signal) => crds.find(name, { signal }),
    create: async (manifest, signal) => void (await crds.create(manifest, { signal, fieldManager: 'kubecast-controller' })),
    serves: (signal) => client.serves(`${appModel.group}/${appModel.version}`, appModel.plural, { signal }),
  };
}

export interface InstallOptions {
  readonly clock: Clock;
  readonly log: Log;
  readonly signal: AbortSignal;
  /** Called with what the installation waits for, in words; '' when it is done. */
  readonly onState: (state: string) => void;
}

const NAME = `${appModel.plural}.${appModel.group}`;

/**
 * Makes sure that the cluster serves AppModels: installs the CRD where there is none, leaves a compatible one as it is, and waits until it is
 * Established. An API server that cannot be reached, or fails, is tried again for as long as the signal allows.
 *
 * @throws CrdConflictError naming every conflict; CrdMissingError where it may not be made; the signal's reason
 */
export async function installCrd(api: CrdApi, options: InstallOptions): Promise<void> {
  const { clock, log, signal, onState } = options;
  const backoff = new Backoff(clock, { baseMs: 200, maxMs: 10_000 });
  for (;;) {
    signal.throwIfAborted();
    let delay = 100;
    try {
      const state = await look(api, log, signal);
      if (state === '') {
        onState('');
        return;
      }
      onState(state);
      backoff.reset();
    } catch (error) {
      signal.throwIfAborted();
      if (error instanceof CrdConflictError || error instanceof CrdMissingError) throw error;
      // Wrong credentials do not get better by waiting; every other failure may.
      if (isStatusError(error) && error.statusCode === 401) throw error;
      onState(`the CRD ${NAME} could not be looked at: ${messageOf(error)}`);
      delay = backoff.next();
    }
    await clock.sleep(delay, signal);
  }
}

/** One attempt. Returns what is waited for; '' if nothing. */
async function look(api: CrdApi, log: Log, signal: AbortSignal): Promise<string> {
  let found: CustomResourceDefinition | undefined;
  try {
    found = await api.find(NAME, signal);
  } catch (error) {
    if (!isForbidden(error)) throw error;
    if (await api.serves(signal)) {
      log.warn({ crd: NAME, reason: messageOf(error) }, 'this user may not read the CRD, so it is not compared; AppModels are served');
      return '';
    }
    throw new CrdMissingError(
      `AppModels are not served, and this user may not read CRDs: ${messageOf(error)}. Let an administrator apply deploy/crd.yaml, or grant get and create of customresourcedefinitions (deploy/controller.yaml)`,
      { cause: error },
    );
  }
  if (found === undefined) {
    await create(api, log, signal);
    return `the CRD ${NAME} was created and is not Established yet`;
  }
  if (found.metadata.deletionTimestamp != null) return `the CRD ${NAME} is being deleted; it is made again when it is gone`;
  const conflicts = compareCrd(toManifest(appModel), found);
  if (conflicts.length > 0) {
    throw new CrdConflictError(
      `the cluster's CRD ${NAME} does not serve AppModels as this version needs them, and was left as it is: ${conflicts.map(({ path, message }) => `${path} ${message}`).join('; ')}. Compare it with deploy/crd.yaml`,
    );
  }
  const names = findCondition(found.status?.conditions, 'NamesAccepted');
  if (names?.status === 'False') throw new CrdConflictError(`the CRD ${NAME} is not served: ${names.message ?? 'its names are taken'}`);
  if (!isConditionTrue(found.status?.conditions, 'Established')) return `the CRD ${NAME} is not Established yet`;
  return '';
}

async function create(api: CrdApi, log: Log, signal: AbortSignal): Promise<void> {
  try {
    await api.create(toManifest(appModel), signal);
    log.info({ crd: NAME }, 'the CRD was installed');
  } catch (error) {
    if (isAlreadyExists(error)) return;
    if (isForbidden(error)) {
      throw new CrdMissingError(
        `the CRD ${NAME} is missing, and this user may not create it: ${messageOf(error)}. Let an administrator apply deploy/crd.yaml, or grant create of customresourcedefinitions (deploy/controller.yaml)`,
        { cause: error },
      );
    }
    if (isNotFound(error))
      throw new CrdMissingError(
        'the server knows no CustomResourceDefinitions (apiextensions.k8s.io/v1); Kubernetes 1.16 or newer is needed',
        { cause: error },
      );
    throw error;
  }
}
