import { expect, test } from 'vitest';
import { createMetrics } from './metrics.ts';

const metrics = (): ReturnType<typeof createMetrics> => createMetrics({ processMetrics: false });

test('counters of nested objects are flattened, and gauges of them named by their way', async () => {
  const all = metrics();
  all.addCounters('kubecast_client', () => ({ requests: 3, budget: { waiting: 1, bySize: { large: 2n } } }), {
    gauges: ['budget.waiting'],
  });
  const { text } = await all.render();
  expect(text).toContain('kubecast_client_requests_total 3');
  expect(text).toContain('# TYPE kubecast_client_budget_waiting gauge\nkubecast_client_budget_waiting 1');
  expect(text).toContain('kubecast_client_budget_by_size_large_total 2');
});

test.each<[string, unknown]>([
  ['name is a string', { name: 'x' }],
  ['list is a list', { list: [1] }],
  ['map is [object Map]', { map: new Map() }],
  ['at is [object Date]', { at: new Date() }],
  ['f is a function', { f: () => 1 }],
  ['n is null', { n: null }],
  ['deep.name is a string', { deep: { name: 'x' } }],
  ['what was read is null', null],
  ['what was read is a list', []],
  ['what was read is a number', 5],
  ['becomes the metric p_a_b_total, as aB does', { aB: 1, a_b: 2 }],
  ['becomes the metric p_a_b_total, as a.b does', { a: { b: 1 }, 'a-b': 2 }],
  ['lies deeper than 4', { a: { b: { c: { d: { e: 1 } } } } }],
])('what is no number is refused by name: %s', (message, values) => {
  expect(() => metrics().addCounters('p', () => values as object)).toThrow(message);
});

test('a circle of counters is refused, not walked for ever', () => {
  const circle: Record<string, unknown> = { n: 1 };
  circle['self'] = circle;
  expect(() => metrics().addCounters('p', () => circle)).toThrow('deeper');
});

test('what becomes wrong later is counted and told, and costs no other', async () => {
  const errors: unknown[] = [];
  const all = createMetrics({ processMetrics: false, onError: (error) => void errors.push(error) });
  let value: unknown = 1;
  all.addCounters('p', () => ({ value }));
  all.addCounters('q', () => ({ value: 2 }));
  value = 'text';
  const { text } = await all.render();
  expect(text).toContain('q_value_total 2');
  expect(text).toContain('kubecast_runtime_collector_errors_total 1');
  expect(String(errors[0])).toContain('value is a string');
});

test('a series that comes twice is told once: the server would refuse the whole answer', async () => {
  const errors: unknown[] = [];
  const all = createMetrics({ processMetrics: false, onError: (error) => void errors.push(error) });
  const labels = { b: '1', a: 'x' };
  all.add(() => [{ name: 'm', help: 'h', type: 'gauge', samples: [{ labels, value: 1 }] }]);
  all.add(() => [{ name: 'm', help: 'h', type: 'gauge', samples: [{ labels: { a: 'x', b: 1 }, value: 2 }] }]);
  all.add(() => [{ name: 'm', help: 'h', type: 'counter', samples: [{ value: 3 }] }]);
  const { text } = await all.render();
  expect(text.match(/^m\{/gmu)).toHaveLength(1);
  expect(text).toContain('kubecast_runtime_collector_errors_total 2');
  expect(errors.map(String).join()).toMatch(/a gauge of one collector and a counter of another.*twice/su);
});

test.each([
  ['name', { name: 'bad-name', labels: {} }],
  ['label', { name: 'm', labels: { 'a-b': 'x' } }],
  ['label', { name: 'm', labels: { __name__: 'x' } }],
  ['label', { name: 'm', labels: { ['x'.repeat(101)]: 'x' } }],
])('a bad %s costs its family alone', async (_what, { name, labels }) => {
  const all = metrics();
  all.add(() => [
    { name, help: '', type: 'gauge', samples: [{ labels: labels as Record<string, string>, value: 1 }] },
    { name: 'good', help: '', type: 'gauge', samples: [{ value: 1 }] },
  ]);
  const { text } = await all.render();
  expect(text).toContain('good 1');
  expect(text).toContain('kubecast_runtime_collector_errors_total 1');
});

test('values of labels from outside are escaped and bounded', async () => {
  const all = metrics();
  all.add(() => [{ name: 'm', help: '', type: 'gauge', samples: [{ labels: { a: 'x\n"\\\ud800'.repeat(200) }, value: 1 }] }]);
  const { text } = await all.render();
  const [series = ''] = text.match(/^m\{.*$/mu) ?? [];
  expect(series.length).toBeLessThan(700);
  expect(series).toContain('\\n');
  expect(series.isWellFormed()).toBe(true);
});

test('bad common labels and labels of counters are refused at once', () => {
  expect(() => createMetrics({ labels: { 'a-b': 1 } })).toThrow('label');
  expect(() => metrics().addCounters('p', () => ({ a: 1 }), { labels: { '1a': 1 } })).toThrow('label');
});
