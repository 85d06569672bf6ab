import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Review, Reviewed } from '../../verbs/subresources/reviews.ts';
import { askedObject } from '../bodies/asked-object.ts';
import { readBody } from '../bodies/body.ts';
import { negotiate } from '../bodies/negotiation.ts';
import { writeObject, type AnswerStyle } from './write-answer.ts';

/** Reads what a review asks, and answers it. */
export async function answerReview(
  request: IncomingMessage,
  response: ServerResponse,
  review: Review,
  reviewed: Omit<Reviewed, 'body'>,
  style: AnswerStyle,
): Promise<void> {
  const negotiated = negotiate(request.headers.accept, 'other');
  const body = askedObject(request.headers['content-type'], await readBody(request));
  writeObject(response, 201, review({ ...reviewed, body }), negotiated, style);
}
