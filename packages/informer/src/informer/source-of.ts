import type { ResourceSource } from '@kubecast/client';
import type { ResourceType } from '@kubecast/crd';
import type { ClusterOptions } from '../contract/informer-options.ts';
import { InformerOptionsError } from '../errors.ts';
import { checkSource } from './check-options.ts';

/** Where the objects of one namespace come from; `''`: of all. */
export function sourceOf<T>(
  type: ResourceType<T>,
  options: Pick<ClusterOptions, 'client' | 'source'>,
  metadataOnly: boolean,
): (namespace: string) => ResourceSource {
  const { client, source } = options;
  if (typeof source === 'function')
    return (namespace) => {
      const given = source(namespace);
      checkSource(`source(${JSON.stringify(namespace)})`, given);
      return given;
    };
  if (source !== undefined) return () => source;
  if (client === undefined) throw new InformerOptionsError(`the informer of ${type.plural} needs a client or a source`);
  const resource = client.resource(type);
  const calls = metadataOnly ? resource.asMetadata?.() : resource;
  if (calls === undefined) throw new InformerOptionsError(`metadataOnly: the client cannot ask for the metadata of ${type.plural} alone`);
  return (namespace) => calls.source(namespace === '' ? {} : { namespace });
}
