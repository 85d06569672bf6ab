import { isObject } from '@kubecast/crd';
import { decodeKubeProtobuf, ProtobufError } from '../protobuf/index.ts';
import type { KubeObject } from '../served-resource.ts';
import { badRequest, unsupportedMediaType } from '../status/status-error.ts';
import { objectFormat } from './body.ts';
import { parseGoJson } from './go-json.ts';
import { parseKubeYaml } from './yaml-text.ts';

/**
 * What a review asks, in any of the forms that the reviews of the real server are sent in: kubectl sends protobuf and falls back on nothing.
 * @throws StatusError 400, 415
 */
export function readReview(contentType: string | undefined, bytes: Buffer): KubeObject {
  const format = objectFormat(contentType, true);
  try {
    if (format === 'protobuf') return decodeKubeProtobuf(bytes);
    const text = bytes.toString('utf8');
    const { value } = format === 'json' ? parseGoJson(text) : parseKubeYaml(text);
    return isObject(value) ? value : {};
  } catch (error) {
    if (error instanceof ProtobufError && error.unsupported) throw unsupportedMediaType(error.message);
    throw badRequest(`the object provided is unrecognized: ${(error as Error).message}`);
  }
}
