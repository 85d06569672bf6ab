import { forbiddenError, notSupportedError, type FieldError } from '@kubecast/crd';
import { oldWatchErrors } from '../../release.ts';
import { badRequest, invalidOptions } from '../../status/status-error.ts';
import type { Context } from '../context.ts';
import { parseContinue } from './continue-token.ts';
import { booleanParameter, integerParameter } from '../writes/write-options.ts';

export interface ListOptions {
  readonly watch: boolean;
  readonly resourceVersion: string;
  readonly match: string;
  readonly limit: number;
  readonly continueToken: string;
  readonly sendInitialEvents: boolean | undefined;
  readonly bookmarks: boolean;
  /** Seconds; undefined: none was given. */
  readonly timeoutSeconds: number | undefined;
}

export function isWatch(context: Pick<Context, 'path' | 'query'>): boolean {
  return context.path.watch || booleanParameter(context.query, 'watch');
}

/** @throws StatusError 400, 422 */
export function listOptions(context: Context): ListOptions {
  const { query } = context;
  const watch = isWatch(context);
  const resourceVersion = query.get('resourceVersion') ?? '';
  const match = query.get('resourceVersionMatch') ?? '';
  const continueToken = query.get('continue') ?? '';
  const limit = integerParameter(query, 'limit') ?? 0;
  const timeoutSeconds = integerParameter(query, 'timeoutSeconds');
  const sendInitialEvents = query.has('sendInitialEvents') ? booleanParameter(query, 'sendInitialEvents') : undefined;
  const { release } = context.core;
  const errors: FieldError[] =
    watch && release.streamedLists !== 'served'
      ? oldWatchErrors(release, match, sendInitialEvents)
      : watch
        ? watchErrors(match, sendInitialEvents, continueToken)
        : listErrors(match, resourceVersion, continueToken, sendInitialEvents);
  if (errors.length > 0) throw invalidOptions('ListOptions', errors);
  if (!watch && continueToken !== '') {
    // A token that cannot be read is told before what does not go with one.
    parseContinue(continueToken);
    if (resourceVersion !== '' && resourceVersion !== '0')
      throw badRequest('specifying resource version is not allowed when using continue');
  }
  return {
    watch,
    resourceVersion,
    match,
    limit: Math.max(0, limit),
    continueToken,
    sendInitialEvents: release.streamedLists === 'served' ? sendInitialEvents : undefined,
    bookmarks: booleanParameter(query, 'allowWatchBookmarks'),
    timeoutSeconds: timeoutSeconds === 0 ? undefined : timeoutSeconds,
  };
}

function listErrors(match: string, version: string, token: string, initial: boolean | undefined): FieldError[] {
  const errors: FieldError[] = [];
  const forbid = (detail: string): void => void errors.push(forbiddenError('resourceVersionMatch', detail));
  if (match !== '') {
    if (token !== '') forbid('resourceVersionMatch is forbidden when continue is provided');
    if (version === '') forbid('resourceVersionMatch is forbidden unless resourceVersion is provided');
    if (match !== 'Exact' && match !== 'NotOlderThan')
      errors.push(notSupportedError('resourceVersionMatch', match, ['Exact', 'NotOlderThan', '']));
    if (match === 'Exact' && version === '0') forbid('resourceVersionMatch "exact" is forbidden for resourceVersion "0"');
  }
  if (initial !== undefined) errors.push(forbiddenError('sendInitialEvents', 'sendInitialEvents is forbidden for list'));
  return errors;
}

function watchErrors(match: string, initial: boolean | undefined, token: string): FieldError[] {
  const errors: FieldError[] = [];
  if (match !== '' && initial === undefined)
    errors.push(forbiddenError('resourceVersionMatch', 'resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided'));
  if (initial !== undefined && match !== 'NotOlderThan') {
    errors.push(forbiddenError('resourceVersionMatch', 'sendInitialEvents requires setting resourceVersionMatch to NotOlderThan'));
    if (match !== '') errors.push(notSupportedError('resourceVersionMatch', match, ['NotOlderThan']));
  }
  if (token !== '') errors.push(forbiddenError('resourceVersionMatch', 'resourceVersionMatch is forbidden when continue is provided'));
  return errors;
}
