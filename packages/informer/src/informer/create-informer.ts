import type { PartialObjectMetadata } from '@kubecast/client';
import type { ResourceType } from '@kubecast/crd';
import type { Informer } from '../contract/informer.ts';
import type { InformerOptions } from '../contract/informer-options.ts';
import { InformerOptionsError } from '../errors.ts';
import { checkInformerOptions } from './check-options.ts';
import { ObjectInformer } from './object-informer.ts';

/**
 * Makes an informer. Nothing is read before `start()`.
 * @throws InformerOptionsError for options that cannot work
 */
export function createInformer<T>(options: InformerOptions<T>): Informer<T> {
  checkInformerOptions('createInformer', options);
  return new ObjectInformer<T>(options);
}

/**
 * Makes an informer of the metadata alone, for any kind: what one needs to count, to collect garbage, or to find by labels and owners.
 * @throws InformerOptionsError for options that cannot work
 */
export function createMetadataInformer(
  options: Omit<InformerOptions<PartialObjectMetadata>, 'type' | 'metadataOnly'> & { readonly type: ResourceType },
): Informer<PartialObjectMetadata> {
  if ((options as { readonly metadataOnly?: unknown } | undefined)?.metadataOnly === false)
    throw new InformerOptionsError(
      'metadataOnly: createMetadataInformer asks for the metadata alone; use createInformer for whole objects',
    );
  checkInformerOptions('createMetadataInformer', options);
  return new ObjectInformer<PartialObjectMetadata>({
    ...options,
    type: options.type as ResourceType<PartialObjectMetadata>,
    metadataOnly: true,
  });
}
