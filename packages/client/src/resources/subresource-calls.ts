import type { ResourceType } from '@kubecast/crd';
import type { ApiCaller } from '../calls/api-call.ts';
import { shown } from '../calls/api-path.ts';
import type { ResourcePaths } from '../calls/resource-paths.ts';
import type { CallRequest } from '../calls/call-request.ts';
import { RequestError } from '../errors.ts';
import { callRules, checkOptions, deleteRules, writeRules } from './check-options.ts';
import { subresourceReceipt } from './receipts.ts';
import { bodyOf, call, deleteBody, patchTypes, writeQuery } from './request-parts.ts';
import type { CallOptions, DeleteOptions, Scaled, WriteOptions, WrittenSubresource } from './resource-options.ts';

/** What the subresources of a resource are called by. */
export interface SubresourceParts {
  readonly caller: ApiCaller;
  readonly type: ResourceType;
  readonly paths: ResourcePaths;
}

/** The subresources that are objects of their own: a Scale, an Eviction, a TokenRequest. */
export class SubresourceCalls {
  readonly #parts: SubresourceParts;

  constructor(parts: SubresourceParts) {
    this.#parts = parts;
  }

  async get(name: string, subresource: string, options: CallOptions): Promise<unknown> {
    checkOptions('getSubresource', options, callRules);
    return (await this.#parts.caller.json({ method: 'GET', path: this.#path(name, options, subresource), ...call(options) })).value;
  }

  async write(method: 'POST' | 'PUT', name: string, subresource: string, body: object, options: WriteOptions): Promise<WrittenSubresource> {
    checkOptions('writeSubresource', options, writeRules);
    if (method !== 'POST' && method !== 'PUT')
      throw new RequestError(`writeSubresource: the method is ${shown(method)}; expected POST or PUT`);
    const path = this.#path(name, options, subresource) + writeQuery(options);
    return this.#send({ method, path, body: this.#body(body, 'writeSubresource'), ...call(options) }, name, options);
  }

  async scale(name: string, replicas: number, options: WriteOptions): Promise<Scaled> {
    checkOptions('scale', options, writeRules);
    if (!Number.isSafeInteger(replicas) || replicas < 0)
      throw new RequestError(
        `scale of ${this.#parts.type.plural}: replicas is ${shown(replicas)}; expected a whole number that is not negative`,
      );
    const path = this.#path(name, options, 'scale') + writeQuery(options);
    const body = this.#body({ spec: { replicas } }, 'scale');
    const request = { method: 'PATCH', path, body, contentType: patchTypes.merge, ...call(options) } as const;
    const { value, receipt, warnings } = await this.#send(request, name, options);
    return { replicas: (value as { spec?: { replicas?: number } } | undefined)?.spec?.replicas ?? 0, receipt, warnings };
  }

  async evict(name: string, options: DeleteOptions): Promise<WrittenSubresource> {
    checkOptions('evict', options, deleteRules);
    const body = { apiVersion: 'policy/v1', kind: 'Eviction', metadata: { name }, deleteOptions: deleteBody(options) };
    const path = this.#path(name, options, 'eviction');
    const request = { method: 'POST', path, body: this.#body(body, 'evict'), retries: 0, ...call(options) } as const;
    return this.#send(request, name, options, options.preconditions?.uid);
  }

  /** A subresource must be named: without one the path would be that of the object. */
  #path(name: string, options: CallOptions, subresource: string): string {
    if (subresource === undefined) throw new RequestError(`${this.#parts.type.plural}: the subresource is undefined; expected a string`);
    return this.#parts.paths.object(name, options, undefined, subresource);
  }

  #body(value: unknown, verb: string): string {
    return bodyOf(value, `${verb} of ${this.#parts.type.plural}`);
  }

  async #send(request: CallRequest, name: string, options: CallOptions, uid: string = ''): Promise<WrittenSubresource> {
    const { value, warnings } = await this.#parts.caller.json(request);
    return { value, receipt: subresourceReceipt(value, this.#parts.paths.key(name, options), uid), warnings };
  }
}
