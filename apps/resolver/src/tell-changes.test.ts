import { expect, test } from 'vitest';
import { createVirtualClock } from '@kubecast/clock/testing';
import type { ModelIndex, Problem, SourceStatus } from '@kubecast/model-index';
import { tellChanges } from './tell-changes.ts';

test('a state, and a problem, is told when it changes and not again', async () => {
  const clock = createVirtualClock();
  const source = { kind: 'AppModel', namespace: 'n', state: 'Watching', reason: '', epoch: 1 } as unknown as SourceStatus;
  const held = { sources: [source], redis: { state: 'ready', reason: '', since: 0 }, problems: [] as Problem[], revision: 0 };
  const index = {
    sources: () => held.sources,
    redis: () => held.redis,
    problems: () => held.problems,
    get revision() {
      return held.revision;
    },
  } as unknown as ModelIndex;
  const lines: string[] = [];
  const say = (level: string) => (fields: object, message: string) => void lines.push(`${level} ${message} ${JSON.stringify(fields)}`);
  const end = new AbortController();
  const done = tellChanges(index, () => 0, { info: say('info'), warn: say('warn') }, clock, end.signal);
  await clock.advance(20_000);
  expect(lines).toEqual(['info watch {"kind":"AppModel","namespace":"n","state":"Watching","reason":""}', 'info redis {"state":"ready"}']);
  lines.length = 0;
  held.sources = [{ ...source, state: 'BackingOff', reason: 'refused' }];
  held.redis = { state: 'connecting', reason: 'ECONNREFUSED', since: 1 };
  held.problems = Array.from({ length: 150 }, (_, i) => ({ code: 'NoSpec', namespace: 'n', appModel: `a${i}`, message: 'no spec' }));
  held.revision = 1;
  await clock.advance(20_000);
  expect(lines.slice(0, 3)).toEqual([
    'warn watch {"kind":"AppModel","namespace":"n","state":"BackingOff","reason":"refused"}',
    'warn redis {"state":"connecting","reason":"ECONNREFUSED"}',
    'warn problem {"code":"NoSpec","namespace":"n","appModel":"a0","problem":"no spec"}',
  ]);
  expect(lines).toHaveLength(103);
  expect(lines.at(-1)).toContain('"more":50');
  lines.length = 0;
  held.problems = held.problems.slice(1);
  held.revision = 2;
  await clock.advance(20_000);
  expect(lines).toEqual(['info problem is gone {"code":"NoSpec","namespace":"n","appModel":"a0","problem":"no spec"}']);
  end.abort();
  await done;
});
