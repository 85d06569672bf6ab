import { isObject } from '@kubecast/crd';
import type { KubeObject } from '../served-resource.ts';
import type { ResourcePath } from '../routing/resource-path.ts';
import type { User } from './context.ts';
import { wholeSeconds } from './create.ts';

/** Whether the path is one of the reviews that a client asks about itself; they are answered and never stored. */
export function isReview(path: ResourcePath): boolean {
  const id = `${path.plural}.${path.group}/${path.version}`;
  return (
    path.name === undefined &&
    path.namespace === undefined &&
    (id === 'selfsubjectreviews.authentication.k8s.io/v1' || id === 'selfsubjectaccessreviews.authorization.k8s.io/v1')
  );
}

/** Who the client is, or whether it may do something: everything, since RBAC is not enforced. */
export function review(path: ResourcePath, user: User, body: KubeObject, wall: number): KubeObject {
  if (path.plural === 'selfsubjectreviews') {
    return {
      kind: 'SelfSubjectReview',
      apiVersion: 'authentication.k8s.io/v1',
      metadata: { creationTimestamp: wholeSeconds(wall) },
      status: { userInfo: { username: user.name, ...(user.uid === '' ? {} : { uid: user.uid }), groups: user.groups } },
    };
  }
  return {
    kind: 'SelfSubjectAccessReview',
    apiVersion: 'authorization.k8s.io/v1',
    metadata: {},
    spec: isObject(body['spec']) ? body['spec'] : {},
    status: { allowed: true },
  };
}
