import { isObject, notSupportedError, type FieldError } from '@kubecast/crd';
import { mediaType, protobufType } from '../../http/bodies/body.ts';
import { decodeKubeProtobuf, ProtobufError } from '../../protobuf/index.ts';
import { checkDeleteOptionTypes } from '../../http/bodies/delete-option-types.ts';
import { GoJsonError, parseGoJson } from '../../http/bodies/go-json.ts';
import { parseKubeYaml, YamlTextError } from '../../http/bodies/yaml-text.ts';
import { selectionOf } from '../../selectors/selection.ts';
import type { KubeObject } from '../../served-resource.ts';
import { badRequest, forbidden, invalidOptions, qualifiedKind, StatusError, unsupportedMediaType } from '../../status/status-error.ts';
import { canonicalObject } from '../../storage/canonical.ts';
import { presentObject } from '../../storage/presenter.ts';
import { parseStored, type StoredObject } from '../../storage/stored-object.ts';
import { header, type Answer, type Context } from '../context.ts';
import { store, wholeSeconds } from './create.ts';
import { listVerb, type ListPage } from '../reads/list.ts';
import { liveOrNotFound } from './update.ts';
import { textOf } from '../../status/text-of.ts';
import { dryRunErrors, integerParameter } from './write-options.ts';

interface DeleteOptions {
  readonly dryRun: boolean;
  readonly policy: string | undefined;
  readonly orphanDependents: boolean | undefined;
  readonly uid: string | undefined;
  readonly resourceVersion: string | undefined;
}

/** DELETE of one object: at once, or marked while finalizers hold it. */
export async function deleteVerb(context: Context): Promise<Answer> {
  const options = await deleteOptions(context);
  const live = liveOrNotFound(context);
  checkPreconditions(context, live, options);
  return deleteObject(context, live, options);
}

/** DELETE of a collection: answers with what it deleted, as it was before. */
export async function deleteCollectionVerb(context: Context): Promise<ListPage> {
  const options = await deleteOptions(context);
  const query = new URLSearchParams(context.query);
  query.delete('watch');
  selectionOf(context);
  const page = await listVerb({ ...context, query });
  for (const stored of page.objects) {
    const live = context.kind.table.get(stored.key);
    if (live === undefined) continue;
    deleteObject(
      { ...context, path: { ...context.path, namespace: stored.namespace === '' ? undefined : stored.namespace, name: stored.name } },
      live,
      options,
    );
  }
  return page;
}

async function deleteOptions(context: Context): Promise<DeleteOptions> {
  const body = await context.body();
  const given = body.length === 0 ? {} : parseOptions(context, body);
  checkDeleteOptionTypes(given);
  const { query } = context;
  integerParameter(query, 'gracePeriodSeconds');
  const kind = given['kind'];
  if (typeof kind === 'string' && kind !== '' && kind !== 'DeleteOptions')
    throw badRequest(`no kind "${kind}" is registered for version "${textOf(given['apiVersion'])}" in scheme "pkg/runtime/scheme.go:111"`);
  const errors: FieldError[] = [];
  const dryRun = [
    ...(Array.isArray(given['dryRun']) ? (given['dryRun'] as string[]) : []),
    ...(body.length === 0 ? query.getAll('dryRun') : []),
  ];
  errors.push(...dryRunErrors(dryRun));
  const policy = text(given['propagationPolicy']) ?? (body.length === 0 ? (query.get('propagationPolicy') ?? undefined) : undefined);
  const orphan = typeof given['orphanDependents'] === 'boolean' ? given['orphanDependents'] : undefined;
  if (policy !== undefined && orphan !== undefined) {
    errors.push({
      field: 'propagationPolicy',
      reason: 'FieldValueInvalid',
      message: `Invalid value: ${JSON.stringify(policy)}: orphanDependents and deletionPropagation cannot be both set`,
    });
  } else if (policy !== undefined && !['Foreground', 'Background', 'Orphan'].includes(policy)) {
    errors.push(notSupportedError('propagationPolicy', policy, ['Foreground', 'Background', 'Orphan', 'nil']));
  }
  if (errors.length > 0) throw invalidOptions('DeleteOptions', errors);
  const preconditions = isObject(given['preconditions']) ? given['preconditions'] : {};
  return {
    dryRun: dryRun.includes('All'),
    policy,
    orphanDependents: orphan,
    uid: text(preconditions['uid']),
    resourceVersion: text(preconditions['resourceVersion']),
  };
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

function protobufOptions(body: Buffer): KubeObject {
  try {
    return decodeKubeProtobuf(body);
  } catch (error) {
    if (error instanceof ProtobufError) throw error.unsupported ? unsupportedMediaType(error.message) : badRequest(error.message);
    throw error;
  }
}

function parseOptions(context: Context, body: Buffer): KubeObject {
  const type = mediaType(header(context, 'content-type'));
  if (type === protobufType) return protobufOptions(body);
  if (type !== '' && type !== 'application/json' && type !== 'application/yaml') {
    throw unsupportedMediaType(
      'the body of the request was in an unknown format - accepted media types include: application/json, application/yaml, application/vnd.kubernetes.protobuf',
    );
  }
  try {
    const value = type === 'application/yaml' ? parseKubeYaml(body.toString('utf8')).value : parseGoJson(body.toString('utf8')).value;
    if (value === null) return {};
    if (isObject(value)) return value;
  } catch (error) {
    if (!(error instanceof GoJsonError) && !(error instanceof YamlTextError)) throw error;
    throw badRequest(`couldn't get version/kind; json parse error: ${error.message}`);
  }
  throw badRequest("couldn't get version/kind; json parse error: the body is not an object");
}

function checkPreconditions(context: Context, live: StoredObject, options: DeleteOptions): void {
  const { resource } = context;
  const fail = (why: string): never => {
    throw new StatusError(409, 'Conflict', `Operation cannot be fulfilled on ${qualifiedKind(resource)} "${live.name}": ${why}`, {
      name: live.name,
      group: resource.group,
      kind: resource.kind,
    });
  };
  if (options.uid !== undefined && options.uid !== live.uid) {
    fail(
      `the UID in the precondition (${options.uid}) does not match the UID in record (${live.uid}). The object might have been deleted and then recreated`,
    );
  }
  if (options.resourceVersion !== undefined && options.resourceVersion !== String(live.revision)) {
    fail(
      `the ResourceVersion in the precondition (${options.resourceVersion}) does not match the ResourceVersion in record (${live.revision}). The object might have been modified`,
    );
  }
}

function deleteObject(context: Context, live: StoredObject, options: DeleteOptions): Answer {
  const { resource, kind, core } = context;
  const namespaceItself = resource.group === '' && resource.plural === 'namespaces';
  if (namespaceItself && ['default', 'kube-system', 'kube-public', 'kube-node-lease'].includes(live.name))
    throw forbidden(resource, live.name, 'this namespace may not be deleted');
  const object = presentObject(kind, resource, live);
  const metadata = object['metadata'] as Record<string, unknown>;
  const before = JSON.stringify(metadata['finalizers'] ?? []);
  const finalizers = new Set((metadata['finalizers'] as string[] | undefined) ?? []);
  const policy =
    options.policy ?? (options.orphanDependents === undefined ? undefined : options.orphanDependents ? 'Orphan' : 'Background');
  if (policy !== undefined) {
    finalizers.delete('foregroundDeletion');
    finalizers.delete('orphan');
    if (policy === 'Foreground') finalizers.add('foregroundDeletion');
    if (policy === 'Orphan') finalizers.add('orphan');
  }
  const crdItself = resource.group === 'apiextensions.k8s.io' && resource.plural === 'customresourcedefinitions';
  if (crdItself && !live.terminating) finalizers.add('customresourcecleanup.apiextensions.k8s.io');
  const spec = object['spec'];
  const heldBySpec = namespaceItself && isObject(spec) && Array.isArray(spec['finalizers']) && spec['finalizers'].length > 0;
  if (finalizers.size === 0 && !heldBySpec) {
    if (!options.dryRun) core.storage.remove(kind.table.id, parseStored(live), live.version);
    if (resource.plural === 'pods' && resource.group === '') markDeleted(metadata, core.clock.wall());
    if (resource.builtin?.deleteAnswer === 'object') return { code: 200, object: canonicalObject(object, resource) };
    return {
      code: 200,
      other: {
        kind: 'Status',
        apiVersion: 'v1',
        metadata: {},
        status: 'Success',
        details: { name: live.name, ...(resource.group === '' ? {} : { group: resource.group }), kind: resource.plural, uid: live.uid },
      },
    };
  }
  if (finalizers.size === 0) delete metadata['finalizers'];
  else metadata['finalizers'] = [...finalizers];
  if (live.terminating && JSON.stringify([...finalizers]) === before) return { code: 200, stored: live };
  if (!live.terminating) {
    metadata['deletionTimestamp'] = wholeSeconds(core.clock.wall());
    if (!namespaceItself && !crdItself) metadata['deletionGracePeriodSeconds'] = 0;
    if (resource.generation && !crdItself) metadata['generation'] = ((metadata['generation'] as number | undefined) ?? 0) + 1;
    if (namespaceItself) object['status'] = { ...(isObject(object['status']) ? object['status'] : {}), phase: 'Terminating' };
  }
  if (options.dryRun) return { code: 200, object: canonicalObject(object, resource) };
  return { code: 200, stored: store(context, object) };
}

/** A Pod that no node runs ends at once, but its answer shows it as one whose deletion began. */
function markDeleted(metadata: Record<string, unknown>, wall: number): void {
  metadata['deletionTimestamp'] = wholeSeconds(wall);
  metadata['deletionGracePeriodSeconds'] = 0;
  metadata['generation'] = ((metadata['generation'] as number | undefined) ?? 0) + 1;
}
