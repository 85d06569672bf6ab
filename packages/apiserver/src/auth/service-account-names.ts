const prefix = 'system:serviceaccount:';

/** The user name of a service account's tokens. */
export function accountUser(namespace: string, name: string): string {
  return `${prefix}${namespace}:${name}`;
}

/** The service account of a user name; undefined for other users. */
export function accountOf(user: string): { readonly namespace: string; readonly name: string } | undefined {
  if (!user.startsWith(prefix)) return undefined;
  const [namespace = '', name = '', ...more] = user.slice(prefix.length).split(':');
  return namespace === '' || name === '' || more.length > 0 ? undefined : { namespace, name };
}

export function accountGroups(namespace: string): string[] {
  return ['system:serviceaccounts', `system:serviceaccounts:${namespace}`];
}
