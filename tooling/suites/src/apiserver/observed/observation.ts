/** A user without roles, somebody without credentials, or who the last token stands for that an answer gave. */
export type Asking = 'nobody' | 'anonymous' | 'token';

/** One request of an observation. `NS` in its path and body is a namespace that only this observation has. */
export interface ObservedRequest {
  readonly method: string;
  readonly path: string;
  readonly type?: string;
  /** An object, or text as it is. `{rv}`, `{uid}`, `{continue}` and `{token}` stand for those of the last answer that had them. */
  readonly body?: unknown;
  readonly accept?: string;
  readonly headers?: Readonly<Record<string, string | readonly string[]>>;
  /** Who asks; the administrator without it. */
  readonly as?: Asking;
  /**
   * The real server hears of RBAC objects by a watch of its own: it is asked again until this is the answer's code. The embedded one is asked once.
   */
  readonly settles?: number;
  /** Headers of the answer that are part of what is observed. */
  readonly shows?: readonly string[];
  /** The embedded server answers otherwise, for the reason given here and in its README. When it no longer does, the test fails. */
  readonly differs?: string;
}

/** What kube-apiserver was seen to do, as requests one after another; its answers are recorded in `answers/`. */
export interface Observation {
  /** The behaviour as a sentence, with the ids of the observations that it holds. */
  readonly says: string;
  readonly requests: readonly ObservedRequest[];
}

export function differing(request: ObservedRequest, differs: string): ObservedRequest {
  return { ...request, differs };
}

export const noSpecWarning = 'a body of another version of the API brings no warnings of unknown fields';

type More = Pick<ObservedRequest, 'accept' | 'headers' | 'shows' | 'as' | 'settles'>;

export const get = (path: string, more: More = {}): ObservedRequest => ({ method: 'GET', path, ...more });
export const post = (path: string, body: unknown, more: More & { type?: string } = {}): ObservedRequest => ({
  method: 'POST',
  path,
  type: 'application/json',
  body,
  ...more,
});
export const put = (path: string, body: unknown, more: More = {}): ObservedRequest => ({
  method: 'PUT',
  path,
  type: 'application/json',
  body,
  ...more,
});
/** A merge patch unless `type` says otherwise. */
export const patch = (path: string, body: unknown, type: string = 'application/merge-patch+json'): ObservedRequest => ({
  method: 'PATCH',
  path,
  type,
  body,
});
export const remove = (path: string, body?: unknown, type: string = 'application/json'): ObservedRequest => ({
  method: 'DELETE',
  path,
  ...(body === undefined ? {} : { type, body }),
});
/** A request with a method of its own. */
export const send = (method: string, path: string, more: More = {}): ObservedRequest => ({ method, path, ...more });

export const jsonPatch = 'application/json-patch+json';
export const strategicPatch = 'application/strategic-merge-patch+json';
export const applyPatch = 'application/apply-patch+yaml';
export const tableOf = 'application/json;as=Table;v=v1;g=meta.k8s.io';

export const configMaps = '/api/v1/namespaces/NS/configmaps';
export const leases = '/apis/coordination.k8s.io/v1/namespaces/NS/leases';
export const services = '/api/v1/namespaces/NS/services';
export const models = '/apis/iidp.com/v1/namespaces/NS/appmodels';
export const gadgets = '/apis/v.example/v1/namespaces/NS/gadgets';

export function model(name: string | undefined, more: Readonly<Record<string, unknown>> = {}, spec: unknown = { app: 'a' }): object {
  return { apiVersion: 'iidp.com/v1', kind: 'AppModel', metadata: { ...(name === undefined ? {} : { name }), ...more }, spec };
}

export function gadget(name: string, spec: unknown, more: Readonly<Record<string, unknown>> = {}): object {
  return { apiVersion: 'v.example/v1', kind: 'Gadget', metadata: { name, ...more }, spec };
}

export function named(name: string, more: object = {}): object {
  return { metadata: { name }, ...more };
}
