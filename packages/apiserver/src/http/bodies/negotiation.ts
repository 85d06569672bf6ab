import { StatusError } from '../../status/status-error.ts';

/** What the answer is written as. */
export interface Negotiated {
  readonly format: 'json' | 'yaml';
  /** The form that is asked for instead of the object itself. */
  readonly as?: 'Table' | 'PartialObjectMetadata' | 'PartialObjectMetadataList';
  /** The version of meta.k8s.io of that form. */
  readonly asVersion?: 'v1' | 'v1beta1';
}

interface MediaRange {
  readonly type: string;
  readonly parameters: ReadonlyMap<string, string>;
  readonly quality: number;
}

const supported = 'only the following media types are accepted: application/json, application/yaml, application/vnd.kubernetes.protobuf';
const supportedWatch =
  'only the following media types are accepted: application/json;stream=watch, application/vnd.kubernetes.protobuf;stream=watch';

/** The ranges of an Accept header, best first (RFC 9110 section 12.5.1; the order of the header decides between equals). */
export function mediaRanges(accept: string | undefined): MediaRange[] {
  if (accept === undefined || accept.trim() === '') return [{ type: '*/*', parameters: new Map(), quality: 1 }];
  const ranges = accept.split(',').map((part): MediaRange => {
    const [type = '', ...rest] = part.split(';').map((piece) => piece.trim());
    const parameters = new Map<string, string>();
    for (const piece of rest) {
      const equals = piece.indexOf('=');
      if (equals > 0) parameters.set(piece.slice(0, equals).toLowerCase(), piece.slice(equals + 1));
    }
    const quality = Number(parameters.get('q') ?? '1');
    return { type: type.toLowerCase(), parameters, quality: Number.isNaN(quality) ? 1 : quality };
  });
  return ranges.filter((range) => range.quality > 0).sort((a, b) => b.quality - a.quality);
}

const json = new Set(['application/json', '*/*', 'application/*']);

/**
 * Picks the first form that the server can write. Protobuf is not written: a client that lists JSON behind it gets JSON.
 * `list`: the answer is a list, so that the single form of PartialObjectMetadata does not fit.
 * @throws StatusError 406
 */
export function negotiate(accept: string | undefined, what: 'object' | 'list' | 'watch' | 'other'): Negotiated {
  let asked: string | undefined;
  for (const range of mediaRanges(accept)) {
    if (!json.has(range.type) && (range.type !== 'application/yaml' || what === 'watch')) continue;
    const format = range.type === 'application/yaml' ? 'yaml' : 'json';
    const as = range.parameters.get('as');
    if (as === undefined || what === 'other') return { format };
    const version = range.parameters.get('v');
    if (range.parameters.get('g') !== 'meta.k8s.io' || (version !== 'v1' && version !== 'v1beta1')) continue;
    if (as === 'Table') return { format, as, asVersion: version };
    if (as === 'PartialObjectMetadata' && what !== 'list') return { format, as, asVersion: version };
    if (as === 'PartialObjectMetadataList' && what === 'list') return { format, as, asVersion: version };
    asked ??= as;
  }
  if (asked === 'PartialObjectMetadata') {
    throw new StatusError(
      406,
      'NotAcceptable',
      'you requested PartialObjectMetadata, but the requested object is a list (*unstructured.UnstructuredList)',
    );
  }
  throw new StatusError(406, 'NotAcceptable', what === 'watch' ? supportedWatch : supported);
}
