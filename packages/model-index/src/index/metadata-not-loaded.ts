import { ModelIndexError } from '../errors.ts';
import type { ModelAnswer } from './answer.ts';

/** The metadata of a model that was evicted could not be read again. Routing is in `answer` all the same; ask again when the cause may be over. */
export class MetadataNotLoadedError extends ModelIndexError {
  override readonly name = 'MetadataNotLoadedError';
  /** Without metadata; undefined where nobody announces the model any more. */
  readonly answer: ModelAnswer | undefined;

  constructor(answer: ModelAnswer | undefined, namespace: string, model: string, cause: unknown) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    super(
      'MetadataNotLoaded',
      `the metadata of the model ${JSON.stringify(model)} in ${JSON.stringify(namespace)} was evicted, and ${reason}`,
      {
        cause,
      },
    );
    this.answer = answer;
  }
}
