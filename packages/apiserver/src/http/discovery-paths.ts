import type { IncomingMessage, ServerResponse } from 'node:http';
import {
  aggregatedDiscovery,
  aggregatedType,
  coreVersions,
  documentHash,
  groupDocument,
  groupList,
  resourceList,
} from '../discovery/index.ts';
import type { Registry } from '../routing/registry.ts';
import { pageNotFound, resourceNotFound, StatusError } from '../status/status-error.ts';
import { mediaRanges, negotiate } from './bodies/negotiation.ts';
import { writeBytes, writeObject, type AnswerStyle } from './answers/write-answer.ts';

/** Answers the paths of discovery; returns false for other paths. */
export function writeDiscovery(
  request: IncomingMessage,
  response: ServerResponse,
  pathname: string,
  registry: Registry,
  style: AnswerStyle,
  aggregated: boolean,
): boolean {
  const parts = pathname.replace(/\/$/, '').split('/').slice(1);
  const [root, group, version] = parts;
  const accept = request.headers.accept;
  if ((root === 'api' || root === 'apis') && parts.length === 1) {
    if (aggregated && writeAggregated(request, response, registry, root === 'api', style)) return true;
    const plain = root === 'api' ? coreVersions(hostOf(request)) : groupList(registry.resources());
    writeObject(response, 200, plain, negotiate(accept, 'other'), style);
    return true;
  }
  if (root === 'api' && parts.length === 2) {
    const document = resourceList(registry.resources(), '', group ?? '');
    if (document === undefined) throw resourceNotFound();
    writeObject(response, 200, document, negotiate(accept, 'other'), style);
    return true;
  }
  if (root !== 'apis' || group === undefined || parts.length > 3) return false;
  const document = version === undefined ? groupDocument(registry.resources(), group) : resourceList(registry.resources(), group, version);
  if (document === undefined) throw registry.isBuiltinGroup(group) ? resourceNotFound() : pageNotFound();
  writeObject(response, 200, document, negotiate(accept, 'other'), style);
  return true;
}

/** The host of the request: HTTP/2 has it as a pseudo-header. */
function hostOf(request: IncomingMessage): string {
  const { host, ':authority': authority } = request.headers as { readonly host?: string; readonly ':authority'?: string };
  return host ?? authority ?? '';
}

/** The aggregated form, where it is the first that the client asks for and the server has. */
function writeAggregated(
  request: IncomingMessage,
  response: ServerResponse,
  registry: Registry,
  core: boolean,
  style: AnswerStyle,
): boolean {
  let asked = false;
  for (const range of mediaRanges(request.headers.accept)) {
    if (range.parameters.get('as') === 'APIGroupDiscoveryList' && range.parameters.get('g') === 'apidiscovery.k8s.io') {
      asked = true;
      if (range.type !== 'application/json' || range.parameters.get('v') !== 'v2') continue;
      const text = `${JSON.stringify(aggregatedDiscovery(registry.resources(), core))}\n`;
      const hash = `"${documentHash(text)}"`;
      response.setHeader('Vary', 'Accept');
      response.setHeader('Etag', hash);
      response.setHeader('Cache-Control', 'public');
      if (request.headers['if-none-match'] === hash) {
        response.statusCode = 304;
        response.end();
      } else {
        writeBytes(response, 200, aggregatedType, Buffer.from(text), style);
      }
      return true;
    }
    if (!range.parameters.has('as') && /^(?:application\/json|application\/yaml|application\/\*|\*\/\*)$/.test(range.type)) return false;
  }
  if (asked)
    throw new StatusError(
      406,
      'NotAcceptable',
      'only the following media types are accepted: application/json, application/yaml, application/vnd.kubernetes.protobuf',
    );
  return false;
}
