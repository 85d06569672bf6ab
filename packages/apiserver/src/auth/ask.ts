import type { ResourcePath } from '../routing/resource-path.ts';
import { StatusError } from '../status/status-error.ts';
import type { User } from './user.ts';

/** What somebody asks to do with a resource. Parts that the request does not name are empty. */
export interface ResourceAsk {
  readonly verb: string;
  readonly group: string;
  readonly version: string;
  readonly resource: string;
  readonly subresource: string;
  readonly namespace: string;
  readonly name: string;
}

/** What somebody asks to do with a path that is no resource. */
export interface PathAsk {
  readonly verb: string;
  readonly path: string;
}

export type Ask = ResourceAsk | PathAsk;

/** What a request for a resource asks for. A Namespace stands in itself, and a list of one name asks for that name. */
export function askOf(verb: string, path: ResourcePath, query: URLSearchParams): ResourceAsk {
  const itself = path.group === '' && path.plural === 'namespaces';
  const selected = path.name === undefined && (verb === 'list' || verb === 'watch') ? selectedName(query.get('fieldSelector')) : '';
  return {
    verb,
    group: path.group,
    version: path.version,
    resource: path.plural,
    subresource: path.subresource ?? '',
    namespace: (itself ? path.name : path.namespace) ?? '',
    name: path.name ?? selected,
  };
}

/** The one name that a field selector leaves; empty where there is none. A selector that cannot be read is refused later. */
function selectedName(selector: string | null): string {
  for (const term of selector?.split(',') ?? []) {
    const match = /^\s*metadata\.name\s*(?:==|=)(.*)$/s.exec(term);
    if (match !== null && !/[/%]/.test(match[1] as string) && match[1] !== '.' && match[1] !== '..') return match[1] as string;
  }
  return '';
}

/** The 403 for what a user asked and may not do; `reason` is the authorizer's. */
export function refusal(user: User, ask: Ask, reason = ''): StatusError {
  const quote = (text: string): string => JSON.stringify(text);
  const because = reason === '' ? '' : `: ${reason}`;
  if ('path' in ask) {
    const why = unmarked(`User ${quote(user.name)} cannot ${ask.verb} path ${quote(ask.path)}`);
    return new StatusError(403, 'Forbidden', `forbidden: ${why}${because}`, {});
  }
  const resource = ask.subresource === '' ? ask.resource : `${ask.resource}/${ask.subresource}`;
  const where = ask.namespace === '' ? 'at the cluster scope' : `in the namespace ${quote(ask.namespace)}`;
  const why = unmarked(`User ${quote(user.name)} cannot ${ask.verb} resource ${quote(resource)} in API group ${quote(ask.group)} ${where}`);
  const what = ask.group === '' ? ask.resource : `${ask.resource}.${ask.group}`;
  const named = ask.name === '' ? what : `${what} ${quote(ask.name)}`;
  return new StatusError(403, 'Forbidden', `${named} is forbidden: ${why}${because}`, {
    name: ask.name,
    group: ask.group,
    kind: ask.resource,
  });
}

/** What a browser would take for a page's text. */
function unmarked(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
