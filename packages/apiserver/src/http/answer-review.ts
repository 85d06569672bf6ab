import type { IncomingMessage, ServerResponse } from 'node:http';
import { isObject } from '@kubecast/crd';
import { badRequest } from '../status/status-error.ts';
import type { Review, Reviewed } from '../verbs/reviews.ts';
import { objectFormat, readBody } from './body.ts';
import { parseGoJson } from './go-json.ts';
import { negotiate } from './negotiation.ts';
import { writeObject, type AnswerStyle } from './write-answer.ts';
import { parseKubeYaml } from './yaml-text.ts';

/** Reads what a review asks, and answers it. */
export async function answerReview(
  request: IncomingMessage,
  response: ServerResponse,
  review: Review,
  reviewed: Omit<Reviewed, 'body'>,
  style: AnswerStyle,
): Promise<void> {
  const negotiated = negotiate(request.headers.accept, 'other');
  const format = objectFormat(request.headers['content-type'], false);
  const text = (await readBody(request)).toString('utf8');
  let body: unknown;
  try {
    body = (format === 'json' ? parseGoJson(text) : parseKubeYaml(text)).value;
  } catch (error) {
    throw badRequest(`the object provided is unrecognized: ${(error as Error).message}`);
  }
  writeObject(response, 201, review({ ...reviewed, body: isObject(body) ? body : {} }), negotiated, style);
}
