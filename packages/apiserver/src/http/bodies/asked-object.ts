import { isObject } from '@kubecast/crd';
import { decodeKubeProtobuf, ProtobufError } from '../../protobuf/index.ts';
import type { KubeObject } from '../../served-resource.ts';
import { badRequest, unsupportedMediaType } from '../../status/status-error.ts';
import { objectFormat } from './body.ts';
import { GoJsonError, parseGoJson } from './go-json.ts';
import { parseKubeYaml, YamlTextError } from './yaml-text.ts';

/**
 * An object that is asked and answered and never stored, from the body of its request; what is no object counts as an empty one.
 * @throws StatusError 400, 415
 */
export function askedObject(contentType: string | undefined, body: Buffer): KubeObject {
  const format = objectFormat(contentType, true);
  try {
    if (format === 'protobuf') return decodeKubeProtobuf(body);
    const text = body.toString('utf8');
    const { value } = format === 'json' ? parseGoJson(text) : parseKubeYaml(text);
    return isObject(value) ? value : {};
  } catch (error) {
    if (error instanceof ProtobufError && error.unsupported) throw unsupportedMediaType(error.message);
    if (error instanceof ProtobufError || error instanceof GoJsonError || error instanceof YamlTextError)
      throw badRequest(`the object provided is unrecognized: ${error.message}`);
    throw error;
  }
}
