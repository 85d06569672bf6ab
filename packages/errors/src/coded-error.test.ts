import { expect, test } from 'vitest';
import { CodedError, isCodedError } from './index.ts';

class ThingError extends CodedError<'THING_LOST' | 'THING_BROKEN'> {
  override readonly name = 'ThingError';
}

test('an error carries its code, name, message and cause', () => {
  const cause = new Error('below');
  const error = new ThingError('THING_LOST', 'the thing is lost', { cause });
  expect(error).toBeInstanceOf(Error);
  expect(error).toMatchObject({ name: 'ThingError', code: 'THING_LOST', message: 'the thing is lost', cause });
  expect(String(error)).toBe('ThingError: the thing is lost');
});

test('without a cause there is no cause property, so that absent and undefined stay two cases', () => {
  expect('cause' in new ThingError('THING_BROKEN', 'broken')).toBe(false);
  expect('cause' in new ThingError('THING_BROKEN', 'broken', { cause: undefined })).toBe(true);
});

test('the guard tells errors of these packages from all others', () => {
  expect(isCodedError(new ThingError('THING_LOST', 'lost'))).toBe(true);
  expect(isCodedError(Object.assign(new Error('lost'), { code: 'THING_LOST' }))).toBe(false);
  expect(isCodedError(undefined)).toBe(false);
});
