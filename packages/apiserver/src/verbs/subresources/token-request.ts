import { invalidError, isObject } from '@kubecast/crd';
import { issuer } from '../../auth/service-account-tokens.ts';
import { askedObject } from '../../http/bodies/asked-object.ts';
import { badRequest, conflict, invalid, notFound } from '../../status/status-error.ts';
import { textOf } from '../../status/text-of.ts';
import { objectKey, type StoredObject } from '../../storage/stored-object.ts';
import { header, type Answer, type Context } from '../context.ts';
import { wholeSeconds } from '../writes/create.ts';
import { liveOrNotFound } from '../writes/update.ts';

const request = { group: 'authentication.k8s.io', kind: 'TokenRequest', plural: 'TokenRequest' } as const;

export function isTokenRequest({ path, resource }: Context): boolean {
  return path.subresource === 'token' && resource.group === '' && resource.plural === 'serviceaccounts';
}

/** POST on a service account's `token`: a bearer token of the account, for an hour unless it says otherwise. */
export async function tokenVerb(context: Context): Promise<Answer> {
  const account = liveOrNotFound(context);
  const { spec: given } = askedObject(header(context, 'content-type'), await context.body());
  const spec = isObject(given) ? given : {};
  const { expirationSeconds = 3_600 } = spec;
  const limits = [
    [Number(expirationSeconds) < 600, 'may not specify a duration less than 10 minutes'],
    [Number(expirationSeconds) > 2 ** 32, 'may not specify a duration larger than 2^32 seconds'],
  ] as const;
  const errors = limits.filter(([wrong]) => wrong).map(([, why]) => invalidError('spec.expirationSeconds', expirationSeconds, why));
  if (errors.length > 0) throw invalid(request, '', errors);
  const asked = Array.isArray(spec['audiences']) ? (spec['audiences'] as unknown[]).map(textOf) : [];
  const audiences = asked.length === 0 ? [issuer] : asked;
  const bound = isObject(spec['boundObjectRef']) ? spec['boundObjectRef'] : undefined;
  const secret = bound === undefined ? undefined : boundSecret(context, bound);
  const now = context.core.clock.wall();
  const seconds = Number(expirationSeconds);
  const token = context.core.tokens.issue({
    namespace: account.namespace,
    name: account.name,
    uid: account.uid,
    audiences,
    seconds,
    ...(secret === undefined ? {} : { secret: { name: secret.name, uid: secret.uid } }),
  });
  return {
    code: 201,
    other: {
      kind: 'TokenRequest',
      apiVersion: 'authentication.k8s.io/v1',
      metadata: { name: account.name, namespace: account.namespace, uid: account.uid, creationTimestamp: wholeSeconds(now) },
      spec: { audiences, expirationSeconds: seconds, boundObjectRef: bound ?? null },
      status: { token, expirationTimestamp: wholeSeconds(now + seconds * 1000) },
    },
  };
}

/** The Secret that a token is bound to; of other kinds there are no tokens here. */
function boundSecret(context: Context, bound: Record<string, unknown>): StoredObject {
  const { kind, apiVersion, name, uid } = bound;
  if (kind !== 'Secret' || apiVersion !== 'v1')
    throw badRequest(`cannot bind token to object of type ${textOf(apiVersion)}, Kind=${textOf(kind)}`);
  const secret = context.core.storage.table('/secrets').get(objectKey(context.path.namespace ?? '', textOf(name)));
  if (secret === undefined) throw notFound({ group: '', plural: 'secrets', kind: 'Secret' }, textOf(name));
  if (typeof uid === 'string' && uid !== '' && uid !== secret.uid)
    throw conflict(
      request,
      secret.name,
      `the UID in the bound object reference (${uid}) does not match the UID in record. The object might have been deleted and then recreated`,
    );
  return secret;
}
