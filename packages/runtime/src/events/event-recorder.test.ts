import { configMapType, subdomainProblems, type Event } from '@kubecast/crd';
import { createVirtualClock } from '@kubecast/clock/testing';
import { expect, test } from 'vitest';
import type { EventNote, EventRecorder, EventRecorderOptions } from './event-contract.ts';
import { cutBytes } from './event-fields.ts';
import { createEventRecorder } from './event-recorder.ts';

const failure = (statusCode: number): Error => Object.assign(new Error(`status ${statusCode}`), { statusCode });
const away = (): Error => Object.assign(new Error('connect ECONNREFUSED'), { code: 'CLIENT_CONNECTION' });
const bytes = (text: string | undefined): number => Buffer.byteLength(text ?? '');

function record(options: { create?: () => Error | undefined; patch?: () => Error | undefined } & Partial<EventRecorderOptions> = {}): {
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
    ...options,
    sink: {
      async create(event) {
        await Promise.resolve();
        const error = options.create?.();
        if (error !== undefined) throw error;
        created.push(event);
      },
      async patch(_namespace, name, patch) {
        await Promise.resolve();
        const error = options.patch?.();
        if (error !== undefined) throw error;
        patched.push([name, patch]);
      },
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
  for (let i = 0; i < 30; i += 1) recorder.record(configMapType, object, { ...note, reason: `Reason${i}` });
  recorder.record(configMapType, { metadata: { ...object.metadata, name: 'p', uid: 'v' } }, note);
  await recorder.flush();
  expect(created).toHaveLength(26);
  expect(recorder.counters.dropped).toBe(5);
  await clock.advance(300_000);
  recorder.record(configMapType, object, { ...note, note: 'after' });
  await recorder.flush();
  expect(created).toHaveLength(27);
});

test('from the tenth note of one kind on, notes are combined and counted; ten quiet minutes end that', async () => {
  const { recorder, created, patched, clock } = record();
  for (let i = 0; i < 30; i += 1) recorder.record(configMapType, object, { ...note, note: `note ${i}` });
  await recorder.flush();
  expect(created).toHaveLength(10);
  expect(created[9]?.note).toBe('(combined from similar events): note 9');
  expect(patched).toMatchObject([[created[9]?.metadata.name, { series: { count: 21 } }]]);
  expect(recorder.counters).toMatchObject({ created: 10, repeated: 20, combined: 21, dropped: 0 });
  await clock.advance(600_001);
  recorder.record(configMapType, object, { ...note, note: 'after' });
  await recorder.flush();
  expect(created[10]?.note).toBe('after');
});

test.each([
  ['ASCII', 'x'],
  ['two bytes', 'ü'],
  ['three bytes', '語'],
  ['four bytes', '😀'],
  ['half surrogates', '\ud800'],
  ['line ends', '\r\n'],
  ['NUL', '\0'],
])('texts of %s are cut to what the server takes, by bytes and never within a character', (_name, character) => {
  for (const length of [0, 1, 41, 42, 43, 127, 128, 129, 340, 341, 342, 1023, 1024, 1025, 5_000]) {
    for (const most of [128, 1024]) {
      const cut = cutBytes(character.repeat(length), most);
      expect(bytes(cut)).toBeLessThanOrEqual(most);
      expect(cut.isWellFormed()).toBe(true);
      if (bytes(character.repeat(length)) <= most) expect(cut).toBe(character.repeat(length).toWellFormed());
      else expect(bytes(cut)).toBeGreaterThan(most - 4);
    }
  }
});

test('every field stands within the rules of the server, whatever it is made of', async () => {
  const { recorder, created, errors } = record();
  const long = '語'.repeat(2_000);
  for (const name of ['x'.repeat(253), 'a'.repeat(228) + '.'.repeat(3) + 'b', 'system:node:1', '__proto__', 'Ü/../\ud800', '', '-.-'])
    recorder.record(configMapType, { metadata: { name } }, { type: 'Normal', reason: long, action: long, note: long });
  await recorder.flush();
  expect(created).toHaveLength(7);
  expect(errors).toEqual([]);
  for (const event of created) {
    expect(subdomainProblems(event.metadata.name ?? '')).toEqual([]);
    expect([bytes(event.reason), bytes(event.action), bytes(event.note)].map((size, at) => size <= (at === 2 ? 1024 : 128))).toEqual([
      true,
      true,
      true,
    ]);
    expect(event.regarding?.name?.isWellFormed()).toBe(true);
    expect(event.metadata.namespace).toBe('default');
  }
});

test.each<[string, object]>([
  ['type', { type: 'Error' }],
  ['type', { type: undefined }],
  ['reason', { reason: '' }],
  ['reason', { reason: 7 }],
  ['action', { action: undefined }],
])('an event without a right %s is refused, counted and told, and record does not throw', async (field, wrong) => {
  const { recorder, created, errors } = record();
  recorder.record(configMapType, object, { ...note, ...wrong } as EventNote);
  await recorder.flush();
  expect(created).toEqual([]);
  expect(recorder.counters.refused).toBe(1);
  expect(String(errors[0])).toContain(field);
});

test.each([new Error('a failure'), 'a failure'])('a note may be %s', async (text) => {
  const { recorder, created } = record();
  recorder.record(configMapType, object, { ...note, note: text as string });
  await recorder.flush();
  expect(created[0]?.note).toBe('a failure');
});

test('a thing that is no object is told, not thrown', () => {
  const { recorder } = record();
  for (const wrong of [undefined, null, {}, { metadata: { name: 5 } }])
    recorder.record(configMapType, wrong as unknown as typeof object, note);
  recorder.record(configMapType, object, {
    ...note,
    note: {
      toString: () => {
        throw new Error('no text');
      },
    } as unknown as string,
  });
  expect(recorder.counters.refused).toBe(5);
});

test.each<[string, Partial<EventRecorderOptions>]>([
  ['controller', { controller: '' }],
  ['controller', { controller: 'my controller' }],
  ['controller', { controller: 'a/b/c' }],
  ['controller', { controller: `a.b/${'x'.repeat(64)}` }],
  ['controller', { controller: undefined as unknown as string }],
  ['instance', { instance: '' }],
  ['instance', { instance: undefined as unknown as string }],
  ['burst', { burst: 0 }],
  ['refillMs', { refillMs: NaN }],
  ['flushMs', { flushMs: Infinity }],
])('a recorder with a wrong %s is not made', (name, options) => {
  expect(() => record(options)).toThrow(new RegExp(`event recorder: .*${name}`));
});

test('an event that is gone is made anew with its count', async () => {
  let gone = true;
  const { recorder, created, patched } = record({ patch: () => (gone ? failure(404) : undefined) });
  recorder.record(configMapType, object, note);
  recorder.record(configMapType, object, note);
  await recorder.flush();
  expect(created).toHaveLength(2);
  expect(created[1]).toMatchObject({ metadata: created[0]?.metadata, series: { count: 2 } });
  expect(recorder.counters).toMatchObject({ recreated: 1, failed: 0 });
  gone = false;
  recorder.record(configMapType, object, note);
  await recorder.flush();
  expect(patched).toMatchObject([[created[0]?.metadata.name, { series: { count: 3 } }]]);
});

test('a series ends after six minutes without a repeat: its count is written, and the next is a new event', async () => {
  const { recorder, created, patched, clock } = record();
  recorder.record(configMapType, object, note);
  recorder.record(configMapType, object, note);
  await clock.advance(360_000);
  recorder.record(configMapType, object, note);
  await recorder.flush();
  expect(created).toHaveLength(1);
  expect(patched.at(-1)).toMatchObject([created[0]?.metadata.name, { series: { count: 3 } }]);
  await clock.advance(360_001);
  recorder.record(configMapType, object, note);
  await recorder.flush();
  expect(created).toHaveLength(2);
  expect(created[1]?.metadata.name).not.toBe(created[0]?.metadata.name);
});

test('a server that is away is waited for; what it refuses is not sent again', async () => {
  let failures = 3;
  const { recorder, created, clock, errors } = record({ create: () => (failures-- > 0 ? away() : undefined) });
  recorder.record(configMapType, object, note);
  await clock.advance(60_000);
  expect(created).toHaveLength(1);
  expect(errors).toEqual([]);
  const refusing = record({ create: () => failure(403) });
  refusing.recorder.record(configMapType, object, note);
  await refusing.recorder.flush();
  expect(refusing.recorder.counters).toMatchObject({ created: 0, failed: 1 });
  expect(refusing.errors).toHaveLength(1);
});

test.each([new TypeError('a mistake'), Object.assign(new Error('closed'), { code: 'CLIENT_CLOSED' })])(
  'an error of the program is not tried again: %s',
  async (error) => {
    const { recorder } = record({ create: () => error });
    recorder.record(configMapType, object, note);
    await recorder.flush();
    expect(recorder.counters.failed).toBe(1);
  },
);

test('an answer that was lost does not make the event twice', async () => {
  const answers = [away(), failure(409)];
  const { recorder, clock } = record({ create: () => answers.shift() });
  recorder.record(configMapType, object, note);
  await clock.advance(15_000);
  expect(recorder.counters).toMatchObject({ created: 1, failed: 0 });
});

test('after twelve tries an event is given up and counted', async () => {
  let tries = 0;
  const { recorder, clock, errors } = record({
    create: () => {
      tries += 1;
      return away();
    },
  });
  recorder.record(configMapType, object, note);
  await clock.advance(300_000);
  expect(tries).toBe(12);
  expect(recorder.counters.failed).toBe(1);
  expect(errors).toHaveLength(1);
});

test('stopping ends by its deadline, whatever the server does, and counts what was not written', async () => {
  const clock = createVirtualClock();
  const recorder = createEventRecorder({
    clock,
    controller: 'a.b/c',
    instance: 'i',
    sink: { create: () => new Promise(() => {}), patch: () => new Promise(() => {}) },
  });
  for (let i = 0; i < 20; i += 1) recorder.record(configMapType, object, { ...note, reason: `Reason${i}` });
  const stopped = recorder.stop({ deadlineMs: 1_000 });
  await clock.advance(1_000);
  await stopped;
  recorder.record(configMapType, object, note);
  expect(recorder.counters).toMatchObject({ created: 0, dropped: 21 });
  expect(clock.pending).toBe(0);
});

test('no call of record is lost without a count, whatever the sink does', async () => {
  const answers = [undefined, failure(403), away(), failure(404), failure(500), undefined];
  let at = 0;
  const next = (): Error | undefined => answers[at++ % answers.length];
  const { recorder, clock } = record({ create: next, patch: next });
  const calls = 3_000;
  for (let i = 0; i < calls; i += 1) {
    recorder.record(configMapType, { metadata: { name: `o${i % 1_500}`, uid: `u${i % 1_500}` } }, note);
    if (i % 500 === 0) await clock.settle();
  }
  const stopped = recorder.stop();
  await clock.advance(1_000_000);
  await stopped;
  const { created, repeated, dropped, refused, failed } = recorder.counters;
  expect(created + repeated + dropped + refused + failed).toBeGreaterThanOrEqual(calls);
  expect(dropped).toBeGreaterThan(0);
});
