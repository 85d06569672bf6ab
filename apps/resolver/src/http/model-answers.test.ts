import type { ModelAnswer } from '@kubecast/model-index';
import { expect, test } from 'vitest';
import { ModelAnswers } from './model-answers.ts';

const answer = (model: string, more: Partial<ModelAnswer> = {}): ModelAnswer => ({
  namespace: 'n',
  app: 'a',
  appVersion: '1',
  model,
  version: 'v-1',
  state: 'current',
  staleForMs: 0,
  metadata: { text: 'é€' },
  endpoints: [],
  freshness: { resourceVersion: '7', ageMs: 3 },
  ...more,
});

function index(): {
  revision: number;
  answers: Map<string, ModelAnswer>;
  asked: number;
  ageMs: number;
  source: ConstructorParameters<typeof ModelAnswers>[0];
} {
  const state = {
    revision: 1,
    asked: 0,
    ageMs: 3,
    answers: new Map<string, ModelAnswer>(),
    source: {
      get revision() {
        return state.revision;
      },
      resolve(namespace: string, model: string) {
        state.asked += 1;
        return state.answers.get(`${namespace}/${model}`);
      },
      freshness: () => ({ resourceVersion: '7', ageMs: state.ageMs }),
    },
  };
  return state;
}

function textOf(answers: ModelAnswers, model: string): string {
  const written = answers.textOf('n', model);
  return typeof written === 'object' ? written.text : '';
}

test('an answer is written once until the index changes, and how fresh it is each time', () => {
  const state = index();
  state.answers.set('n/m', answer('m'));
  let now = 0;
  const answers = new ModelAnswers(state.source, undefined, () => (now += 0.5));
  const read = (): unknown => JSON.parse(textOf(answers, 'm'));
  expect(read()).toEqual(answer('m'));
  expect(answers.textOf('n', 'm')).toMatchObject({ bytes: Buffer.byteLength(textOf(answers, 'm')) });
  state.ageMs = 900;
  now += 1;
  expect(read()).toEqual(answer('m', { freshness: { resourceVersion: '7', ageMs: 900 } }));
  state.ageMs = Infinity;
  now += 1;
  expect(read()).toMatchObject({ freshness: { ageMs: null } });
  expect(state.asked).toBe(1);
  state.answers.set('n/m', answer('m', { version: 'v-2' }));
  state.revision += 1;
  expect(read()).toMatchObject({ version: 'v-2' });
  state.answers.clear();
  state.revision += 1;
  expect(answers.textOf('n', 'm')).toBeUndefined();
});

test('what is stale or missing is asked for each time: it says how long, and why', () => {
  const state = index();
  const answers = new ModelAnswers(state.source);
  for (const more of [
    { state: 'stale', staleForMs: 5 },
    { state: 'missing', reason: 'none' },
    { state: 'current', reason: 'odd' },
  ] as const) {
    state.answers.set('n/m', answer('m', more));
    const before = state.asked;
    answers.textOf('n', 'm');
    answers.textOf('n', 'm');
    expect(state.asked).toBe(before + 2);
    state.revision += 1;
  }
});

test('names from outside are names, and what is kept is bounded', () => {
  const state = index();
  const answers = new ModelAnswers(state.source, 10_000);
  for (const model of ['__proto__', 'constructor', 'a/b', '\0']) {
    state.answers.set(`n/${model}`, answer(model));
    expect(JSON.parse(textOf(answers, model))).toMatchObject({ model });
    expect(answers.textOf('n\0', model)).toBeUndefined();
  }
  state.answers.set('n/large', answer('large', { metadata: 'x'.repeat(2_000) }));
  const before = state.asked;
  answers.textOf('n', 'large');
  answers.textOf('n', 'large');
  expect(state.asked).toBe(before + 2);
  for (let i = 0; i < 500; i += 1) {
    state.answers.set(`n/m${i}`, answer(`m${i}`));
    answers.textOf('n', `m${i}`);
  }
  const after = state.asked;
  answers.textOf('n', 'm0');
  expect(state.asked).toBe(after + 1);
});

test('what was evicted is asked for each time, until it was read and is written like all others', () => {
  const state = index();
  const answers = new ModelAnswers(state.source);
  state.answers.set('n/m', answer('m', { metadata: null, payload: 'evicted' }));
  for (let times = 1; times <= 3; times += 1) expect([answers.textOf('n', 'm'), state.asked]).toEqual(['evicted', times]);
  // An answer that still lacks its metadata is not kept, with a reason or without.
  answers.write(answer('m', { metadata: null, payload: 'evicted' }));
  expect(answers.textOf('n', 'm')).toBe('evicted');
  expect(JSON.parse(answers.write(answer('m', { metadata: null, payload: 'evicted', reason: 'Redis is away' })).text)).toMatchObject({
    payload: 'evicted',
  });
  expect(answers.textOf('n', 'm')).toBe('evicted');
  expect(JSON.parse(answers.write(answer('m')).text)).toEqual(answer('m'));
  expect(JSON.parse(textOf(answers, 'm'))).toEqual(answer('m'));
  state.revision += 1;
  expect(answers.textOf('n', 'm')).toBe('evicted');
});
