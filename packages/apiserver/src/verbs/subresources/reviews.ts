import { invalidError, isObject, type FieldError } from '@kubecast/crd';
import type { Access } from '../../auth/access.ts';
import type { Ask } from '../../auth/ask.ts';
import { writtenRule } from '../../auth/rbac/policy-rule.ts';
import type { KubeObject } from '../../served-resource.ts';
import type { ResourcePath } from '../../routing/resource-path.ts';
import { badRequest, invalid } from '../../status/status-error.ts';
import { textOf } from '../../status/text-of.ts';
import type { User } from '../../auth/user.ts';
import { wholeSeconds } from '../writes/create.ts';

/** What a review is answered from. */
export interface Reviewed {
  readonly access: Access;
  readonly user: User;
  readonly namespace: string | undefined;
  readonly body: KubeObject;
  /** Wall-clock ms. */
  readonly wall: number;
}

export type Review = (reviewed: Reviewed) => KubeObject;

const authentication = 'authentication.k8s.io';
const authorization = 'authorization.k8s.io';

const reviews: ReadonlyMap<string, { readonly namespaced: boolean; readonly review: Review }> = new Map(
  (
    [
      [`${authentication}/selfsubjectreviews`, selfReview, false],
      [`${authentication}/tokenreviews`, tokenReview, false],
      [`${authorization}/selfsubjectaccessreviews`, selfAccessReview, false],
      [`${authorization}/selfsubjectrulesreviews`, rulesReview, false],
      [`${authorization}/subjectaccessreviews`, accessReview, false],
      [`${authorization}/localsubjectaccessreviews`, localAccessReview, true],
    ] as const
  ).map(([id, review, namespaced]) => [id, { review, namespaced }]),
);

/** The review that a path asks for; they are answered and never stored. */
export function reviewOf(path: ResourcePath): Review | undefined {
  const found = reviews.get(`${path.group}/${path.plural}`);
  if (found === undefined || path.version !== 'v1' || path.name !== undefined) return undefined;
  return found.namespaced === (path.namespace !== undefined) ? found.review : undefined;
}

/** Who the client is. */
function selfReview({ user, wall }: Reviewed): KubeObject {
  return {
    kind: 'SelfSubjectReview',
    apiVersion: `${authentication}/v1`,
    metadata: { creationTimestamp: wholeSeconds(wall) },
    status: { userInfo: userInfo(user) },
  };
}

function userInfo(user: User): KubeObject {
  const { name, uid, groups, extra } = user;
  return { username: name, ...(uid === '' ? {} : { uid }), groups, ...(extra === undefined ? {} : { extra }) };
}

/** Whom a token stands for. */
function tokenReview({ access, body }: Reviewed): KubeObject {
  const spec = specOf(body);
  const token = textOf(spec['token']);
  if (token === '') throw badRequest('token is required for TokenReview in authentication');
  const audiences = texts(spec['audiences']);
  const found = access.users.ofToken(token, audiences.length === 0 ? undefined : audiences);
  return {
    kind: 'TokenReview',
    apiVersion: `${authentication}/v1`,
    metadata: {},
    spec: picked(spec, ['token', 'audiences']),
    status:
      found === undefined
        ? { user: {}, error: 'invalid bearer token' }
        : { authenticated: true, user: userInfo(found.user), audiences: found.audiences },
  };
}

function selfAccessReview(reviewed: Reviewed): KubeObject {
  const spec = specOf(reviewed.body);
  const errors = attributeErrors(spec);
  if (errors.length > 0) throw refused(errors);
  return answered(reviewed, 'SelfSubjectAccessReview', {}, picked(spec, []), reviewed.user);
}

function accessReview(reviewed: Reviewed): KubeObject {
  const spec = specOf(reviewed.body);
  const errors = [...attributeErrors(spec), ...subjectErrors(spec)];
  if (errors.length > 0) throw refused(errors);
  return answered(reviewed, 'SubjectAccessReview', {}, picked(spec, subjectFields), subjectOf(spec));
}

function localAccessReview(reviewed: Reviewed): KubeObject {
  const spec = specOf(reviewed.body);
  const errors = [...attributeErrors(spec), ...subjectErrors(spec)];
  const { resourceAttributes, nonResourceAttributes } = spec;
  if (isObject(resourceAttributes) && textOf(resourceAttributes['namespace']) !== reviewed.namespace)
    errors.push(
      invalidError('spec.resourceAttributes.namespace', textOf(resourceAttributes['namespace']), 'must match metadata.namespace'),
    );
  if (isObject(nonResourceAttributes))
    errors.push(invalidError('spec.nonResourceAttributes', pathShown(nonResourceAttributes), 'disallowed on this kind of request'));
  if (errors.length > 0) throw refused(errors);
  return answered(reviewed, 'LocalSubjectAccessReview', { namespace: reviewed.namespace }, picked(spec, subjectFields), subjectOf(spec));
}

function answered({ access }: Reviewed, kind: string, metadata: KubeObject, spec: KubeObject, user: User): KubeObject {
  const { allowed, reason } = access.authorizer.decide(user, askOfSpec(spec));
  return {
    kind,
    apiVersion: `${authorization}/v1`,
    metadata,
    spec,
    status: { allowed, ...(reason === '' ? {} : { reason }) },
  };
}

/** Everything that the client may do in a namespace. */
function rulesReview({ access, user, body }: Reviewed): KubeObject {
  const namespace = textOf(specOf(body)['namespace']);
  if (namespace === '') throw badRequest('no namespace on request');
  const { rules, errors } = access.authorizer.rights(user, namespace);
  const error = errors.length > 1 ? `[${errors.join(', ')}]` : errors[0];
  return {
    kind: 'SelfSubjectRulesReview',
    apiVersion: `${authorization}/v1`,
    metadata: {},
    spec: {},
    status: {
      resourceRules: rules.filter((rule) => rule.resources.length > 0).map((rule) => writtenRule({ ...rule, nonResourceURLs: [] })),
      nonResourceRules: rules
        .filter((rule) => rule.nonResourceURLs.length > 0)
        .map(({ verbs, nonResourceURLs }) => ({ verbs, nonResourceURLs })),
      incomplete: false,
      ...(error === undefined ? {} : { evaluationError: error }),
    },
  };
}

const subjectFields = ['user', 'groups', 'extra', 'uid'];
const resourceFields = ['namespace', 'verb', 'group', 'version', 'resource', 'subresource', 'name', 'fieldSelector', 'labelSelector'];

function specOf(body: KubeObject): KubeObject {
  return isObject(body['spec']) ? body['spec'] : {};
}

/** What the answer repeats of a spec, in the order of the server. */
function picked(spec: KubeObject, more: readonly string[]): KubeObject {
  const out: KubeObject = {};
  const copy = (from: KubeObject, fields: readonly string[], to: KubeObject): KubeObject => {
    for (const field of fields) if (from[field] !== undefined && from[field] !== '') to[field] = from[field];
    return to;
  };
  const { resourceAttributes, nonResourceAttributes } = spec;
  if (isObject(resourceAttributes)) out['resourceAttributes'] = copy(resourceAttributes, resourceFields, {});
  if (isObject(nonResourceAttributes)) out['nonResourceAttributes'] = copy(nonResourceAttributes, ['path', 'verb'], {});
  return copy(spec, more, out);
}

function askOfSpec(spec: KubeObject): Ask {
  const { resourceAttributes: resource, nonResourceAttributes: path } = spec;
  if (isObject(path)) return { verb: textOf(path['verb']), path: textOf(path['path']) };
  const part = (name: string): string => (isObject(resource) ? textOf(resource[name]) : '');
  return {
    verb: part('verb'),
    group: part('group'),
    version: part('version'),
    resource: part('resource'),
    subresource: part('subresource'),
    namespace: part('namespace'),
    name: part('name'),
  };
}

/** A review of somebody else takes the groups as they are given. */
function subjectOf(spec: KubeObject): User {
  return { name: textOf(spec['user']), uid: textOf(spec['uid']), groups: texts(spec['groups']) };
}

function attributeErrors(spec: KubeObject): FieldError[] {
  const { resourceAttributes: resource, nonResourceAttributes: path } = spec;
  if (isObject(resource) && isObject(path))
    return [invalidError('spec.nonResourceAttributes', pathShown(path), 'cannot be specified in combination with resourceAttributes')];
  if (!isObject(resource) && !isObject(path))
    return [invalidError('spec.resourceAttributes', null, 'exactly one of nonResourceAttributes or resourceAttributes must be specified')];
  return [];
}

function subjectErrors(spec: KubeObject): FieldError[] {
  if (textOf(spec['user']) !== '' || texts(spec['groups']).length > 0) return [];
  return [invalidError('spec.user', '', 'at least one of user or group must be specified')];
}

/** The server shows the struct and not its JSON. */
function pathShown(path: KubeObject): KubeObject {
  return { Path: textOf(path['path']), Verb: textOf(path['verb']) };
}

/** [!] The kind is missing in what the server says of a review. */
function refused(errors: readonly FieldError[]): Error {
  return invalid({ group: authorization, kind: '' }, '', errors);
}

function texts(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.filter((one): one is string => typeof one === 'string') : [];
}
