import { expect, test } from 'vitest';
import { lastJsonLine } from './result.ts';

test('the result is the last whole JSON line, whatever is printed around it', () => {
  expect(lastJsonLine('a\n{"ok":false}\nb\n{"ok":true,"n":2}\nbye\n')).toEqual({ ok: true, n: 2 });
  expect(lastJsonLine('{"ok":true}\n{"ok":tr')).toEqual({ ok: true });
  expect(lastJsonLine('nothing')).toBeUndefined();
});
