import { configMapType, type Event } from '@kubecast/crd';
import { createVirtualClock } from '@kubecast/clock/testing';
import { expect, test } from 'vitest';
import { createEventRecorder, type EventRecorder } from './event-recorder.ts';

function record(options: { fail?: boolean } = {}): {
  recorder: EventRecorder;
  created: Event[];
  patched: unknown[];
  clock: ReturnType<typeof createVirtualClock>;
  errors: unknown[];
} {
  const clock = createVirtualClock();
  const created: Event[] = [];
  const patched: unknown[] = [];
  const errors: unknown[] = [];
  const recorder = createEventRecorder({
    clock,
    controller: 'iidp.com/controller',
    instance: 'pod-1',
    onError: (error) => void errors.push(error),
    sink: {
      create: (event) => (options.fail === true ? Promise.reject(new Error('forbidden')) : Promise.resolve(void created.push(event))),
      patch: (_namespace, name, patch) => Promise.resolve(void patched.push([name, patch])),
    },
  });
  return { recorder, created, patched, clock, errors };
}

const object = { metadata: { namespace: 'n', name: 'o', uid: 'u' } };
const note = { type: 'Warning', reason: 'ValueMissing', action: 'Check', note: 'no value' } as const;

test('an event names its object, who reports it, and the time with six digits', async () => {
  const { recorder, created } = record();
  recorder.record(configMapType, object, note);
  await recorder.flush();
  expect(created[0]).toMatchObject({
    apiVersion: 'events.k8s.io/v1',
    metadata: { namespace: 'n' },
    regarding: { kind: 'ConfigMap', namespace: 'n', name: 'o', uid: 'u' },
    reportingController: 'iidp.com/controller',
    reportingInstance: 'pod-1',
    reason: 'ValueMissing',
    action: 'Check',
    type: 'Warning',
  });
  expect(created[0]?.eventTime).toMatch(/\.\d{6}Z$/);
  expect(created[0]?.metadata.name).toMatch(/^o\.[0-9a-f]+$/);
});

test('what repeats is one event with a count, also when the object changed, and another note is another event', async () => {
  const { recorder, created, patched, clock } = record();
  recorder.record(configMapType, object, note);
  recorder.record(configMapType, { metadata: { ...object.metadata, resourceVersion: '9' } }, note);
  recorder.record(configMapType, object, note);
  recorder.record(configMapType, object, { ...note, note: 'another' });
  await clock.advance(60_000);
  expect(created).toHaveLength(2);
  expect(patched).toMatchObject([[created[0]?.metadata.name, { series: { count: 3 } }]]);
});

test('counts are written when the recorder stops', async () => {
  const { recorder, patched } = record();
  recorder.record(configMapType, object, note);
  recorder.record(configMapType, object, note);
  await recorder.stop();
  await recorder.stop();
  expect(patched).toHaveLength(1);
  recorder.record(configMapType, object, { ...note, note: 'late' });
  expect(recorder.counters).toMatchObject({ created: 1, repeated: 1 });
});

test('an object has a budget of 25, then one each five minutes; another object has its own', async () => {
  const { recorder, created, clock } = record();
  for (let i = 0; i < 30; i += 1) recorder.record(configMapType, object, { ...note, note: `note ${i}` });
  recorder.record(configMapType, { metadata: { ...object.metadata, name: 'p', uid: 'v' } }, note);
  await recorder.flush();
  expect(created).toHaveLength(26);
  expect(recorder.counters.dropped).toBe(5);
  await clock.advance(300_000);
  recorder.record(configMapType, object, { ...note, note: 'after' });
  await recorder.flush();
  expect(created).toHaveLength(27);
});

test('long texts are cut to what the server takes, names too', async () => {
  const { recorder, created } = record();
  recorder.record(configMapType, { metadata: { name: 'x'.repeat(253) } }, { ...note, note: '😀'.repeat(2_000), reason: 'R'.repeat(200) });
  await recorder.flush();
  expect(created[0]?.note?.length).toBeLessThanOrEqual(1_024);
  expect(created[0]?.note?.isWellFormed()).toBe(true);
  expect(created[0]?.reason).toHaveLength(128);
  expect(created[0]?.metadata.name?.length).toBeLessThanOrEqual(253);
  expect(created[0]?.metadata.namespace).toBe('default');
});

test('a sink that fails costs nobody anything but a count', async () => {
  const { recorder, errors } = record({ fail: true });
  recorder.record(configMapType, object, note);
  await recorder.flush();
  expect(recorder.counters).toMatchObject({ created: 0, failed: 1 });
  expect(errors).toHaveLength(1);
});
